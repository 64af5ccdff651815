import { SearchError } from '../../../search.ts'

/** What a script may name: numbers, and functions that are given numbers or lists of them. */
export interface Names {
  readonly numbers: Readonly<Record<string, number | boolean>>
  /** `values` of moving_fn. */
  readonly lists?: Readonly<Record<string, readonly number[]>>
}
type Value = number | boolean | readonly number[]
/** A script, ready to be computed again and again. */
export type Expression = (names: Names) => Value

interface Node {
  readonly run: Expression
  /** Whole numbers divide as whole numbers, as they do in Painless. */
  readonly whole: boolean
  readonly isNull?: true
}

const maxLength = 4_096
const maxDepth = 64

const math: Readonly<Record<string, (...args: number[]) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  asin: Math.asin,
  atan: Math.atan,
  atan2: Math.atan2,
  cbrt: Math.cbrt,
  ceil: Math.ceil,
  cos: Math.cos,
  exp: Math.exp,
  floor: Math.floor,
  hypot: Math.hypot,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  max: Math.max,
  min: Math.min,
  pow: Math.pow,
  round: (value) => Math.floor(value + 0.5),
  signum: Math.sign,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tan: Math.tan,
}
const constants: Readonly<Record<string, number>> = { 'Math.PI': Math.PI, 'Math.E': Math.E }

/** Functions over lists, such as MovingFunctions. */
export type ListFunctions = Readonly<
  Record<string, (values: readonly number[], ...args: number[]) => number>
>

/**
 * The part of Painless that computes: arithmetic, comparison (also with `null`), `&& || !`, `? :`, `params.x`, `Math.*`, and the
 * functions given. Nothing is evaluated as JavaScript.
 *
 * @throws SearchError script_exception naming the column
 */
export function parseExpression(script: string, functions: ListFunctions = {}): Expression {
  if (script.length > maxLength) throw failed(script, 0, `is longer than ${maxLength}`)
  return new Parser(script, functions).script()
}

const token =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)[dDfFL]?|([A-Za-z_]\w*)|(['"])(.*?)\3|(&&|\|\||[=!<>]=|[-+*/%<>!?:().,;[\]]))/y

interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'sign' | 'end'
  readonly text: string
  readonly at: number
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #script: string
  readonly #functions: ListFunctions
  #at = 0
  #depth = 0

  constructor(script: string, functions: ListFunctions) {
    this.#script = script
    this.#functions = functions
    this.#tokens = tokensOf(script)
  }

  script(): Expression {
    if (this.#peek().text === 'return') this.#at += 1
    const node = this.#ternary()
    while (this.#take(';'));
    if (this.#peek().kind !== 'end') throw this.#unexpected()
    return node.run
  }

  #peek = (): Token => this.#tokens[this.#at]!

  #take(sign: string): boolean {
    const { kind, text } = this.#peek()
    if (kind !== 'sign' || text !== sign) return false
    this.#at += 1
    return true
  }

  #expect(sign: string) {
    if (!this.#take(sign)) throw this.#unexpected()
  }

  #unexpected = () => {
    const { text, at } = this.#peek()
    const what = text === '' ? 'end' : `[${text}]`
    return failed(this.#script, at, `unexpected ${what}`)
  }

  #ternary(): Node {
    this.#depth += 1
    if (this.#depth > maxDepth) {
      throw failed(this.#script, this.#peek().at, `is nested deeper than ${maxDepth}`)
    }
    const test = this.#binary(0)
    let node = test
    if (this.#take('?')) {
      const yes = this.#ternary()
      this.#expect(':')
      const no = this.#ternary()
      const run: Expression = (names) => (test.run(names) ? yes.run(names) : no.run(names))
      node = { run, whole: yes.whole && no.whole }
    }
    this.#depth -= 1
    return node
  }

  #binary(level: number): Node {
    const signs = levels[level]
    if (!signs) return this.#unary()
    let left = this.#binary(level + 1)
    for (;;) {
      const sign = signs.find((each) => this.#take(each))
      if (sign === undefined) return left
      left = combined(sign, left, this.#binary(level + 1))
    }
  }

  #unary(): Node {
    const sign = ['-', '+', '!'].find((each) => this.#take(each))
    if (sign === undefined) return this.#operand()
    this.#depth += 1
    if (this.#depth > maxDepth) throw this.#unexpected()
    const { run, whole } = this.#unary()
    this.#depth -= 1
    if (sign === '!') return { run: (names) => !run(names), whole: false }
    return { run: (names) => (sign === '-' ? -Number(run(names)) : run(names)), whole }
  }

  #operand(): Node {
    const { kind, text } = this.#peek()
    if (this.#take('(')) {
      const node = this.#ternary()
      this.#expect(')')
      return node
    }
    this.#at += 1
    if (kind === 'number') {
      const value = Number(text)
      return { run: () => value, whole: /^\d+$/.test(text) }
    }
    if (kind !== 'name') {
      this.#at -= 1
      throw this.#unexpected()
    }
    return this.#named(text)
  }

  #named(first: string): Node {
    if (first === 'true' || first === 'false') return { run: () => first === 'true', whole: false }
    if (first === 'null') return this.#null()
    let name = first
    while (this.#peek().text === '.' || this.#peek().text === '[') {
      const isBracket = this.#peek().text === '['
      this.#at += 1
      const { kind, text } = this.#peek()
      if (kind !== (isBracket ? 'text' : 'name')) throw this.#unexpected()
      this.#at += 1
      if (isBracket) this.#expect(']')
      name += `.${text}`
    }
    if (this.#take('(')) return this.#call(name)
    if (Object.hasOwn(constants, name)) {
      const constant = constants[name]!
      return { run: () => constant, whole: false }
    }
    const at = this.#tokens[this.#at - 1]!.at
    const own = name.replace(/^params\./, '')
    const run: Expression = ({ numbers, lists }) => {
      if (Object.hasOwn(numbers, own)) return numbers[own]!
      if (lists && Object.hasOwn(lists, name)) return lists[name]!
      throw failed(this.#script, at, `cannot resolve symbol [${name}]`)
    }
    return { run, whole: false }
  }

  /** Only to compare with: none of the values is null. */
  #null(): Node {
    const { at } = this.#tokens[this.#at - 1]!
    const run = () => {
      throw failed(this.#script, at, 'null can only be compared with == and !=')
    }
    return { run, whole: false, isNull: true }
  }

  #call(name: string): Node {
    const at = this.#tokens[this.#at - 1]!.at
    const args: Node[] = []
    if (!this.#take(')')) {
      do args.push(this.#ternary())
      while (this.#take(','))
      this.#expect(')')
    }
    const own = name.replace(/^Math\./, '')
    if (own !== name && Object.hasOwn(math, own)) {
      const compute = math[own]!
      return { run: (names) => compute(...args.map(({ run }) => Number(run(names)))), whole: false }
    }
    if (!Object.hasOwn(this.#functions, name)) {
      throw failed(this.#script, at, `function [${name}] is not supported`)
    }
    const compute = this.#functions[name]!
    const run: Expression = (names) => {
      const [list, ...rest] = args.map((arg) => arg.run(names))
      if (!Array.isArray(list)) throw failed(this.#script, at, `[${name}] wants [values] first`)
      return compute(list as readonly number[], ...rest.map(Number))
    }
    return { run, whole: false }
  }
}

const levels = [['||'], ['&&'], ['==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']]

function combined(sign: string, left: Node, right: Node): Node {
  const whole = left.whole && right.whole
  if ((sign === '==' || sign === '!=') && (left.isNull || right.isNull)) {
    return nullCompared(sign, left, right)
  }
  const compute = (names: Names): Value => {
    const a = left.run(names)
    if (sign === '&&') return Boolean(a) && Boolean(right.run(names))
    if (sign === '||') return Boolean(a) || Boolean(right.run(names))
    return computed(sign, Number(a), Number(right.run(names)), whole)
  }
  return { run: compute, whole: whole && '+-*/%'.includes(sign) }
}

function nullCompared(sign: '==' | '!=', left: Node, right: Node): Node {
  const areBoth = left.isNull === right.isNull
  const other = left.isNull ? right : left
  const run: Expression = (names) => {
    // Refuses a name that is not given.
    if (!areBoth) other.run(names)
    return areBoth === (sign === '==')
  }
  return { run, whole: false }
}

function computed(sign: string, a: number, b: number, whole: boolean): Value {
  switch (sign) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return whole ? Math.trunc(a / b) : a / b
    case '%':
      return a % b
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    default:
      return a >= b
  }
}

function tokensOf(script: string): readonly Token[] {
  const tokens: Token[] = []
  const end = script.trimEnd().length
  for (let at = 0; at < end;) {
    token.lastIndex = at
    const found = token.exec(script)
    if (!found) throw failed(script, at, `unexpected character [${script.slice(at).trim()[0]}]`)
    const [all, number, name, , text, sign] = found
    const start = at + all.search(/\S/)
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at: start })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at: start })
    else if (text !== undefined) tokens.push({ kind: 'text', text, at: start })
    else tokens.push({ kind: 'sign', text: sign!, at: start })
    at += all.length
  }
  return [...tokens, { kind: 'end', text: '', at: end }]
}

const failed = (script: string, at: number, what: string) =>
  new SearchError(
    400,
    'script_exception',
    `compile error: ${what}, column ${at + 1} of the script`,
    {
      script_stack: [script.slice(Math.max(0, at - 25), at + 25)],
      script: script.slice(0, 200),
      lang: 'painless',
    },
  )
