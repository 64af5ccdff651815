/**
 * The name of a JavaScript function whichever engine wrote down the stack; empty when it has none. V8 writes
 * `async Object.foo [as bar]`, `new Foo`, `Foo.<anonymous>`; SpiderMonkey `async*foo`, `foo/bar`, `foo/<`,
 * `setTimeout handler*foo`; JavaScriptCore `foo`, `global code`.
 */
export function javaScriptFunction(name: string): string {
  let plain = name.slice(name.lastIndexOf('*') + 1)
  const as = plain.indexOf(' [as ')
  if (as >= 0) plain = plain.slice(0, as)
  plain = withoutPrefixes(plain.trim())
  // SpiderMonkey marks a function without a name by `<`, behind what it is in or assigned to.
  if (plain.endsWith('<')) return ''
  plain = plain.slice(plain.lastIndexOf('/') + 1)
  plain = withoutPrefixes(plain.slice(plain.lastIndexOf('.') + 1))
  return nameless.has(plain.toLowerCase()) || /^<.*>$/.test(plain) ? '' : plain
}

const prefixes = [
  'async ',
  'new ',
  'get ',
  'set ',
  'static ',
  'bound ',
  'async function ',
  'function ',
]

function withoutPrefixes(name: string): string {
  let plain = name
  for (;;) {
    const prefix = prefixes.find((one) => plain.startsWith(one))
    if (prefix === undefined) return plain
    plain = plain.slice(prefix.length)
  }
}

const nameless = new Set([
  '?',
  'anonymous',
  '{anonymous}',
  '(anonymous)',
  '(anonymous function)',
  'anonymous function',
  'global code',
  'module code',
  'eval code',
  'function code',
  'null',
  'undefined',
])

/** Code that came as text: its frames say nothing of where. */
export function isEvaluated(name: string): boolean {
  const plain = javaScriptFunction(name)
  return plain === 'eval' || name.toLowerCase() === 'eval code'
}

/**
 * Whether SpiderMonkey wrote this frame for the place where a callback was given away (`setTimeout handler*start`),
 * which no other engine keeps: it and all that called it are not part of the stack of others. `async*` is, since all
 * keep who awaits.
 */
export function isCallbackCause(name: string): boolean {
  const star = name.lastIndexOf('*')
  return star > 0 && !/^(?:async\*?)+$/.test(name.slice(0, star))
}
