/**
 * The name of a native function without what differs between compilers, builds and platforms: return type,
 * parameters, qualifiers, template arguments, hashes. C, C++, Objective-C, Swift and Rust.
 */
export function nativeFunction(given: string): string {
  const name = withoutSuffixes(given.trim())
  // Objective-C says all by itself: -[Foo bar:]
  if (/^[-+]\[/.test(name)) return name
  const swift = swiftFunction(name)
  if (swift !== undefined) return swift
  const plain = withoutReturnType(withoutParameters(replaceGroups(name)))
  return plain === '' ? given : plain
}

function withoutSuffixes(name: string): string {
  return name
    .replace(/::h[0-9a-f]{16}(?=$|\s)/, '')
    .replace(/(?: \[(?:clone|inlined)[^\]]{0,100}\])+$/, '')
    .replace(/(?: \(\.[\w.]{1,100}\))+$/, '')
    .replace(/(?:\.(?:isra|part|constprop|cold|llvm|lto_priv)(?:\.\d+)?)+$/, '')
    .replace(/@@?[A-Za-z_]+_[\w.]{1,40}$/, '')
    .trim()
}

/** `closure #1 in closure #2 in Foo.bar()` → `closure`; thunks are closures too. */
function swiftFunction(name: string): string | undefined {
  if (
    /^(?:(?:partial apply|reabstraction thunk|thunk|specialized|implicit)\b.{0,40}\b)?closure #\d/.test(
      name,
    )
  ) {
    return 'closure'
  }
  if (
    /^(?:reabstraction )?thunk (?:helper|for)\b/.test(name) ||
    /^partial apply for\b/.test(name)
  ) {
    return 'closure'
  }
  return undefined
}

const brackets: Readonly<Record<string, string>> = { '(': ')', '<': '>', '{': '}' }

/**
 * Template arguments become `<T>`, lambdas `lambda`. `operator<`, `->` and Rust's `<impl Trait for T>::f` and
 * `<T as Trait>::f` at the beginning of a name are no templates.
 */
function replaceGroups(name: string): string {
  let text = ''
  for (let at = 0; at < name.length; at++) {
    const character = name[at]!
    if (character === '<' && !/operator<?$/.test(text.slice(-9))) {
      const end = closing(name, at)
      if (end < 0) return text + name.slice(at)
      const inside = name.slice(at + 1, end)
      if (/^(?:lambda|unnamed|anonymous)/.test(inside)) text += 'lambda'
      else if (isQualifiedSelf(text, inside, name.startsWith('::', end + 1)))
        text += selfType(inside)
      else if (/^(?:redacted|unknown)$/.test(inside)) text += `<${inside}>`
      else text = `${text.endsWith('::') ? text.slice(0, -2) : text}<T>`
      at = end
    } else if (character === '{') {
      const end = closing(name, at)
      const inside = end < 0 ? '' : name.slice(at + 1, end)
      if (/^\{?lambda/.test(inside)) {
        text += 'lambda'
        at = end
      } else if (/^\{?(?:closure|impl|shim|vtable)/.test(inside)) {
        text += `{${inside.replace(/[#:].*$/, '').replaceAll(/[{}]/g, '')}}`
        at = end
      } else text += character
    } else if (character === '$' && name.startsWith('$_', at)) {
      text += 'lambda'
      at += /^\$_\d*/.exec(name.slice(at))![0].length - 1
    } else text += character
  }
  return text
}

const isQualifiedSelf = (before: string, inside: string, isPath: boolean) =>
  isPath && (before === '' || before.endsWith(' ') || inside.startsWith('impl '))

/** `alloc::vec::Vec<T> as core::fmt::Debug` → `alloc::vec::Vec`; `impl Foo for Bar<X>` → `Bar`. */
function selfType(inside: string): string {
  const type = inside.replace(/^impl .{0,500}? for /, '').replace(/ as .*$/, '')
  return type.replace(/<.*$/, '').replace(/^(?:&|mut |dyn )+/, '')
}

/** Where the bracket at `open` closes; -1 when it does not. `->` and `>=` close nothing. */
function closing(name: string, open: number): number {
  const [left, right] = [name[open]!, brackets[name[open]!]]
  let depth = 0
  for (let at = open; at < name.length; at++) {
    if (name[at] === left) depth++
    else if (name[at] === right && !(right === '>' && name[at - 1] === '-')) {
      depth--
      if (depth === 0) return at
    }
  }
  return -1
}

/** `foo(int, char*) const` → `foo`; `(anonymous namespace)::foo(int)` → `(anonymous namespace)::foo`. */
function withoutParameters(name: string): string {
  const plain = name
    .replace(/(?:\s+(?:const|volatile|noexcept|&&?))+$/, '')
    .replaceAll('(anonymous namespace)', '{anonymous namespace}')
    .replaceAll('operator()', 'operator{call}')
  const open = plain.indexOf('(')
  const text = open > 0 ? plain.slice(0, open) : plain
  return text
    .replaceAll('{anonymous namespace}', '(anonymous namespace)')
    .replaceAll('operator{call}', 'operator()')
    .trim()
}

/** `static void* foo` → `foo`; an operator's name has spaces of its own. */
function withoutReturnType(name: string): string {
  const operator = name.search(/\boperator\b/)
  const head = operator < 0 ? name : name.slice(0, operator)
  const unnamed = '(anonymous namespace)'
  const hidden = head.replaceAll(unnamed, '\u0001')
  const start = hidden.lastIndexOf(' ') + 1
  const plain = hidden.slice(start).replace(/^[*&]+/, '')
  const text = plain.replaceAll('\u0001', unnamed) + (operator < 0 ? '' : name.slice(operator))
  return text === '' ? name : text
}
