import type { RenderLimits } from './limits.ts'
import { RenderError } from './render_error.ts'
import type { CallSyntax, Scalar, Syntax } from './syntax.ts'

/** How large a target may be. */
type TargetLimits = Pick<RenderLimits, 'maxTargetLength' | 'maxDepth'>

/**
 * A target of graphite-web's render language: paths with globs and `{a,b}`, calls with positional and then named
 * arguments, pipes, `template(…)`. What follows a whole expression is refused, where graphite-web leaves it out.
 *
 * @throws RenderError with the place.
 */
export function parseTarget(target: string, limits: TargetLimits): Syntax {
  if (target.length > limits.maxTargetLength) {
    throw new RenderError(`the target is longer than ${limits.maxTargetLength} characters`, {
      target,
    })
  }
  const reader = new Reader(target, limits.maxDepth)
  const syntax = reader.expression(0)
  reader.blanks()
  if (reader.at < target.length) reader.fail(`"${target[reader.at]}" is not expected`)
  return syntax
}

/**
 * The first path in a name such as `scale(a.b.c,2)`, or undefined when there is none: `a.b.c`. What follows it is not
 * looked at.
 */
export function firstPathOf(name: string): string | undefined {
  const reader = new Reader(name, 1000)
  try {
    let syntax = reader.expression(0)
    for (;;) {
      if (syntax.kind === 'path') return syntax.text
      const next: Syntax | undefined =
        syntax.kind === 'call'
          ? syntax.given[0]
          : syntax.kind === 'template'
            ? syntax.body
            : undefined
      if (next === undefined) return undefined
      syntax = next
    }
  } catch {
    return /^[^\s(){},'"\\|]+/.exec(name)?.[0]
  }
}

const word = /[a-zA-Z_][a-zA-Z0-9_]*/y
const number = /-?\d+(\.\d+)?([eE]-?\d+)?(?=\s*(?:[,)]|$))/y
const keyword = /(?:true|false|none|inf)(?=\s*(?:[,)|]|$))/iy
const quoted = /"(?:[^"\\\n\r]|""|\\[^])*"|'(?:[^'\\\n\r]|''|\\[^])*'/y
/** A stretch of a path outside of braces, escapes included. */
const plain = /(?:\\[(){},.'"\\|=]|[^\s(){},.'"\\|])+/y
const keywords: Readonly<Record<string, Scalar>> = {
  true: true,
  false: false,
  none: null,
  inf: { number: Infinity, isFloat: true },
}

class Reader {
  at = 0
  readonly #text: string
  readonly #maxDepth: number

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
  }

  fail(what: string, offset = this.at): never {
    throw new RenderError(what, { target: this.#text, offset })
  }

  blanks() {
    while (/\s/.test(this.#text[this.at] ?? '')) this.at++
  }

  expression(depth: number): Syntax {
    this.blanks()
    const start = this.at
    let syntax: Syntax = this.#call(depth) ?? this.#path()
    for (let pipes = depth + 1; this.#take('|'); pipes++) {
      this.blanks()
      const call = this.#call(pipes, syntax)
      if (call?.kind !== 'call') this.fail('a function call is expected after "|"')
      syntax = { ...call, offset: start }
    }
    return syntax
  }

  /** A call or a template, or undefined when there is no name with a parenthesis. */
  #call(depth: number, piped?: Syntax): Syntax | undefined {
    const offset = this.at
    const name = this.#match(word)
    if (name === undefined) return undefined
    if (!this.#take('(')) {
      this.at = offset
      return undefined
    }
    if (depth >= this.#maxDepth)
      this.fail(`more than ${this.#maxDepth} calls in one another`, offset)
    if (name === 'template' && piped === undefined) return this.#template(offset, depth)
    const given = piped === undefined ? [] : [piped]
    const named: { name: string; value: Syntax }[] = []
    if (!this.#take(')')) {
      do this.#argument(given, named, depth)
      while (this.#take(','))
      this.#close(name, offset)
    }
    return { kind: 'call', name, given, named, text: this.#text.slice(offset, this.at), offset }
  }

  #argument(given: Syntax[], named: { name: string; value: Syntax }[], depth: number) {
    this.blanks()
    const offset = this.at
    const name = this.#match(word)
    if (name !== undefined && this.#take('=')) {
      named.push({ name, value: this.#value(depth) })
      return
    }
    this.at = offset
    if (named.length > 0) this.fail('an argument without a name cannot follow one with a name')
    given.push(this.#value(depth))
  }

  #template(offset: number, depth: number): Syntax {
    const body = this.expression(depth + 1)
    const values = new Map<string, Scalar>()
    while (this.#take(',')) {
      this.blanks()
      const start = this.at
      const name = this.#match(word)
      const key = name !== undefined && this.#take('=') ? name : undefined
      if (key === undefined) this.at = start
      const value = this.#literal()
      if (value === undefined) this.fail('template takes numbers and strings only')
      values.set(key ?? String(values.size + 1), value)
    }
    this.#close('template', offset)
    return { kind: 'template', body, values, offset }
  }

  #close(name: string, offset: number) {
    if (this.#take(')')) return
    if (this.at >= this.#text.length) this.fail(`the parenthesis of ${name} is not closed`, offset)
    this.fail(`"${this.#text[this.at]}" is not expected in ${name}(…): "," or ")" is`)
  }

  #value(depth: number): Syntax {
    this.blanks()
    const offset = this.at
    const literal = this.#literal()
    return literal === undefined
      ? this.expression(depth + 1)
      : { kind: 'literal', value: literal, offset }
  }

  #literal(): Scalar | undefined {
    const found = this.#match(keyword)
    if (found !== undefined) return keywords[found.toLowerCase()]
    const digits = this.#match(number)
    if (digits !== undefined) return { number: Number(digits), isFloat: /[.eE]/.test(digits) }
    const text = this.#match(quoted)
    if (text !== undefined) return text.slice(1, -1)
    if (/["']/.test(this.#text[this.at] ?? '')) this.fail('the string is not closed')
    return undefined
  }

  #path(): Syntax {
    const offset = this.at
    let text = ''
    for (;;) {
      const element = this.#element()
      if (element === '')
        this.fail(text === '' ? 'a path or a function is expected' : 'a part of a path is expected')
      text += element
      if (this.#text[this.at] !== '.') return { kind: 'path', text, offset }
      text += '.'
      this.at++
    }
  }

  #element(): string {
    let element = ''
    for (;;) {
      const part = this.#match(plain)
      if (part !== undefined) element += unescaped(part)
      else if (this.#text[this.at] === '{') element += this.#braces()
      else return element
    }
  }

  #braces(): string {
    const offset = this.at++
    const choices: string[] = []
    do {
      const choice = this.#match(plain)
      if (choice === undefined) this.fail('a part of a path is expected between braces')
      choices.push(unescaped(choice))
      if (this.at >= this.#text.length) this.fail('the brace is not closed', offset)
    } while (this.#text[this.at] === ',' && this.at++ >= 0)
    if (this.#text[this.at] !== '}')
      this.fail(`"${this.#text[this.at]}" is not expected between braces`)
    this.at++
    return `{${choices.join(',')}}`
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  #take(character: string): boolean {
    const before = this.at
    this.blanks()
    if (this.#text[this.at] === character) {
      this.at++
      return true
    }
    this.at = before
    return false
  }
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([^])/g, '$1')
}

/** Paths and tag searches of a target, for fetching them together. */
export function leavesOf(syntax: Syntax): readonly (CallSyntax | (Syntax & { kind: 'path' }))[] {
  if (syntax.kind === 'path') return [syntax]
  if (syntax.kind === 'template' || syntax.kind === 'literal') return []
  if (syntax.name === 'seriesByTag') return [syntax]
  return [...syntax.given, ...syntax.named.map(({ value }) => value)].flatMap(leavesOf)
}
