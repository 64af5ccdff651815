import { SearchError } from '../search.ts'
import { numericInterval } from './numeric_interval.ts'

/** Optional operators of Lucene's syntax, as `flags` of a regexp query names them. */
export type RegexpFlag = 'ANYSTRING' | 'COMPLEMENT' | 'EMPTY' | 'INTERSECTION' | 'INTERVAL'

const operators: Readonly<Record<RegexpFlag, string>> = {
  ANYSTRING: '@',
  COMPLEMENT: '~',
  EMPTY: '#',
  INTERSECTION: '&',
  INTERVAL: '<',
}
const isFlag = (name: string): name is RegexpFlag => Object.hasOwn(operators, name)

/**
 * The same language with every operator switched on: those that `flags` (`ALL`, `NONE`, `INTERVAL|EMPTY`)
 * leaves off are escaped.
 *
 * @throws SearchError 400 on an unknown flag
 */
export function regexpOfFlags(pattern: string, flags: string): string {
  const names = flags.toUpperCase().split('|')
  if (names.includes('ALL') || flags === '') return pattern
  const unknown = names.find((name) => name !== 'NONE' && !isFlag(name))
  if (unknown !== undefined)
    throw new SearchError(400, 'illegal_argument_exception', `unknown regexp flag [${unknown}]`)
  const off = Object.entries(operators).filter(([name]) => !names.includes(name))
  const literal = new Set(off.map(([, operator]) => operator))
  return pattern.replaceAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|[@~#&<]/gu, (each) =>
    literal.has(each) ? `\\${each}` : each,
  )
}

/**
 * Lucene's regular expression in RE2's syntax (DuckDB's `regexp_full_match`, which takes linear time). It
 * has to fit the whole value, as in Lucene; `.` is any character, line breaks too.
 *
 * @returns with `(?s)`, and `(?is)` when cases do not matter
 * @throws SearchError 400 on a mistake, and for `~` and `&`, which RE2 does not have
 * @see org.apache.lucene.util.automaton.RegExp
 */
export function re2OfLucene(pattern: string, caseInsensitive = false): string {
  return `(?${caseInsensitive ? 'is' : 's'})${new Translation(pattern).whole()}`
}

/**
 * Texts that are in every value which a Lucene regular expression fits, in their order, as far as they are plain to
 * see; the first is what it begins with, empty where that is not one.
 */
export function textsOfLucene(pattern: string): readonly [string, ...string[]] {
  const translation = new Translation(pattern)
  translation.whole()
  return translation.texts
}

/** @throws SearchError 400 when it is too long, or not a regular expression that can be searched for */
export function checkRegexp(pattern: string, maxLength: number): void {
  if (pattern.length > maxLength)
    throw new SearchError(
      400,
      'illegal_argument_exception',
      `The length of regex [${pattern.length}] used in the Regexp Query request has exceeded the allowed maximum of [${maxLength}]. This maximum can be set by changing the [index.max_regex_length] index level setting (store.limits.max_regex_length).`,
    )
  re2OfLucene(pattern)
}

const special = new Set('\\.+*?()|[]{}^$/-&~#@"<>')
/** A character that stands for itself in RE2. */
const literal = (character: string): string =>
  special.has(character) ? `\\${character}` : character

const isRepetition = (character: string | undefined): boolean =>
  character !== undefined && '?*+{'.includes(character)

const classes: Readonly<Record<string, string>> = {
  d: '0-9',
  w: 'A-Za-z0-9_',
  s: ' \\n\\r\\t',
}
const maxGroups = 200
const maxRepeat = 1000

class Translation {
  readonly #pattern: string
  readonly #characters: readonly string[]
  #at = 0
  #depth = 0
  /** How often the last thing that was read repeats its most repeated part. */
  #times = 1
  /** The character that the last thing that was read stands for. */
  #character: string | undefined
  /** What stands between the things outside of groups that are not one character. */
  texts: [string, ...string[]] = ['']

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#characters = Array.from(pattern)
  }

  whole(): string {
    if (this.#pattern === '') return ''
    const translated = this.#union()
    if (this.#at < this.#characters.length) throw this.#mistake(`unexpected '${this.#next()}'`)
    return translated
  }

  #next(): string | undefined {
    return this.#characters[this.#at]
  }

  #take(character: string): boolean {
    if (this.#next() !== character) return false
    this.#at++
    return true
  }

  #union(): string {
    const parts = [this.#sequence()]
    let times = this.#times
    while (this.#take('|')) {
      parts.push(this.#sequence())
      times = Math.max(times, this.#times)
    }
    this.#times = times
    if (parts.length > 1 && this.#depth === 0) this.texts = ['']
    return parts.length === 1 ? parts[0]! : `(?:${parts.join('|')})`
  }

  #sequence(): string {
    let text = ''
    let times = 1
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (next === '|' || next === ')') break
      if (next === '&') throw this.#unsupported('intersection (&)', '\\&')
      if (next === '~') throw this.#unsupported('complement (~)', '\\~')
      this.#times = 1
      this.#character = undefined
      const simple = this.#simple()
      if (this.#depth === 0) this.#addToTexts()
      text += this.#repeated(simple)
      times = Math.max(times, this.#times)
    }
    this.#times = times
    if (text === '' && this.#depth === 0) throw this.#mistake('expected an expression')
    return text
  }

  #addToTexts(): void {
    const isOne = this.#character !== undefined && !isRepetition(this.#next())
    if (isOne) this.texts.push(`${this.texts.pop()}${this.#character}`)
    else this.texts.push('')
  }

  #repeated(simple: string): string {
    let text = simple
    for (let times = 0; ; times++) {
      const next = this.#next()
      if (!isRepetition(next)) return text
      // RE2 reads `a+?` as a lazy `a+`, and refuses `a**`.
      if (times > 0) text = `(?:${text})`
      if (times >= maxGroups) throw this.#mistake(`more than ${maxGroups} repetitions of one thing`)
      this.#at++
      text += next === '{' ? this.#bounds() : next
    }
  }

  #bounds(): string {
    const from = this.#number()
    if (from === undefined) throw this.#mistake('expected a number')
    const isRange = this.#take(',')
    const to = isRange ? this.#number() : from
    if (!this.#take('}')) throw this.#mistake(`expected '}'`)
    this.#times *= Math.max(from, to ?? 1, 1)
    if (this.#times > maxRepeat)
      throw this.#mistake(`a repetition of more than ${maxRepeat} is not supported`)
    if (to !== undefined && to < from) throw this.#mistake('a repetition from more to less')
    return isRange ? `{${from},${to ?? ''}}` : `{${from}}`
  }

  #number(): number | undefined {
    let digits = ''
    while (/^[0-9]$/.test(this.#next() ?? '')) digits += this.#characters[this.#at++]
    return digits === '' ? undefined : Number(digits)
  }

  #simple(): string {
    const character = this.#next()!
    this.#at++
    if (character === '.') return '.'
    if (character === '@') return '(?:.*)'
    if (character === '#') return '[^\\x00-\\x{10FFFF}]'
    if (character === '"') return this.#quoted()
    if (character === '(') return this.#group()
    if (character === '[') return this.#class()
    if (character === '<') return this.#interval()
    if (character === '\\') return this.#escaped()
    if (isRepetition(character)) throw this.#mistake(`'${character}' has nothing to repeat`, 1)
    this.#character = character
    return literal(character)
  }

  #quoted(): string {
    const end = this.#characters.indexOf('"', this.#at)
    if (end < 0) throw this.#mistake(`expected '"'`)
    const text = this.#characters.slice(this.#at, end).map(literal).join('')
    this.#at = end + 1
    return `(?:${text})`
  }

  #group(): string {
    if (this.#depth++ >= maxGroups) throw this.#mistake(`groups deeper than ${maxGroups}`)
    const inner = this.#union()
    this.#character = undefined
    this.#depth--
    if (!this.#take(')')) throw this.#mistake(`expected ')'`)
    return `(?:${inner})`
  }

  #escaped(): string {
    const character = this.#next()
    if (character === undefined) throw this.#mistake('expected a character after \\')
    this.#at++
    const known = classes[character.toLowerCase()]
    if (known !== undefined && /[dsw]/i.test(character))
      return character === character.toLowerCase() ? `[${known}]` : `[^${known}]`
    this.#character = character
    return literal(character)
  }

  #class(): string {
    const opening = this.#take('^') ? '[^' : '['
    let text = ''
    while (this.#next() !== ']') {
      const from = this.#member()
      // `-` before the end of a class stands for itself.
      if (from.length > 3 || this.#next() !== '-' || this.#characters[this.#at + 1] === ']') {
        text += from
        continue
      }
      this.#at++
      const to = this.#member()
      if (plain(from) > plain(to)) throw this.#mistake(`the range ${from}-${to} runs backwards`)
      text += `${from}-${to}`
    }
    this.#at++
    if (text === '') throw this.#mistake('expected a character in [ ]')
    return `${opening}${text}]`
  }

  #member(): string {
    const character = this.#next()
    if (character === undefined) throw this.#mistake(`expected ']'`)
    this.#at++
    if (character !== '\\') return literal(character)
    const escaped = this.#next()
    if (escaped === undefined) throw this.#mistake('expected a character after \\')
    this.#at++
    return /^[dsw]$/.test(escaped) ? classes[escaped]! : literal(escaped)
  }

  #interval(): string {
    const end = this.#characters.indexOf('>', this.#at)
    const bounds = /^(\d{1,18})-(\d{1,18})$/.exec(this.#characters.slice(this.#at, end).join(''))
    if (end < 0 || !bounds) throw this.#mistake('expected an interval such as <1-100>')
    this.#at = end + 1
    return `(?:${numericInterval(bounds[1]!, bounds[2]!)})`
  }

  #mistake(what: string, back = 0): SearchError {
    const shown = this.#pattern.slice(0, 200)
    return new SearchError(
      400,
      'illegal_argument_exception',
      `regular expression [${shown}]: ${what} at position ${this.#at - back}`,
    )
  }

  #unsupported(what: string, escape: string): SearchError {
    return this.#mistake(`${what} is not supported; write ${escape} for the character itself`)
  }
}

const plain = (member: string): number => member.codePointAt(member.length > 1 ? 1 : 0)!
