import { Marks } from '../event/marks.ts'
import { isShallow } from '../event/reading.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { filtered, findSpans, mayHold, replaced } from './patterns.ts'
import type { Patterns } from './patterns.ts'
import type { CompiledScrubbing } from './rules.ts'

/** Deeper than anything that normalisation lets through. */
const maxDepth = 64

/** Takes secrets out of the parts of one event, and marks where. */
export class Scrubber {
  readonly marks: Marks
  readonly #rules: CompiledScrubbing
  #depth = 0

  constructor(rules: CompiledScrubbing, marks: Marks) {
    this.#rules = rules
    this.marks = marks
  }

  get rules(): CompiledScrubbing {
    return this.#rules
  }

  /** A text that may hold anything: `[Filtered]` as a whole when a secret word is in it, else without its secrets. */
  text(key: string | number, text: string): string {
    const { words, texts } = this.#rules
    if (words !== undefined && text.length > 2 && words.test(text) && !isConstant(text)) {
      return this.#wholly(key, text, this.#rules.ruleOf(text))
    }
    return words === undefined && looksJson(text)
      ? this.#json(key, text)
      : this.#partly(key, text, texts)
  }

  /** A text that is kept, but for what certainly is secret. */
  message(key: string | number, text: string): string {
    const { messages } = this.#rules
    return looksJson(text) ? this.#json(key, text) : this.#partly(key, text, messages)
  }

  /** The value of a named text: by its name first. */
  named(key: string | number, name: string, text: string): string {
    const kind = this.#rules.kindOf(name)
    if (kind === 'plain') return this.text(key, text)
    return kind === 'excluded' ? text : this.secret(key, text, this.#rules.ruleOf(name))
  }

  /** A line of source: what is assigned to a name there is code. */
  line(key: string | number, text: string): string {
    return this.#partly(key, text, this.#rules.lines)
  }

  secret(key: string | number, text: string, rule: string): string {
    return text === '' || isConstant(text) ? text : this.#wholly(key, text, rule)
  }

  /** Free-form JSON, in place. */
  record(key: string | number, record: JsonRecord): void {
    if (!this.#enter(key)) return
    for (const name in record) {
      const value = record[name]!
      const kind = this.#rules.kindOf(name)
      if (kind === 'plain') {
        if (typeof value === 'string') {
          const scrubbed = this.text(name, value)
          if (scrubbed !== value) record[name] = scrubbed
        } else {
          const scrubbed = this.#other(name, value)
          if (scrubbed !== value) record[name] = scrubbed
        }
      } else if (kind === 'secret') record[name] = this.#underSecret(name, value)
      else if (typeof value === 'object' && value !== null) this.#other(name, value)
    }
    this.#leave()
  }

  list(key: string | number, list: JsonValue[]): void {
    if (!this.#enter(key)) return
    for (let index = 0; index < list.length; index++) {
      const value = list[index]!
      const scrubbed =
        typeof value === 'string' ? this.text(index, value) : this.#other(index, value)
      if (scrubbed !== value) list[index] = scrubbed
    }
    this.#leave()
  }

  /** `[name, value]` each; that of the name `exempt` stays. */
  pairs(key: string, pairs: [string, string | null][], exempt?: string): void {
    this.marks.path.push(key)
    for (let index = 0; index < pairs.length; index++) {
      const pair = pairs[index]!
      const [name, value] = pair
      if (value === null || name === exempt) continue
      this.marks.path.push(index)
      pair[1] = this.named(1, name, value)
      this.marks.path.pop()
    }
    this.marks.path.pop()
  }

  /** A text, a list, an object, whichever it is. */
  any(key: string | number, value: JsonValue): JsonValue {
    return typeof value === 'string' ? this.text(key, value) : this.#other(key, value)
  }

  #other(key: string | number, value: JsonValue): JsonValue {
    if (typeof value === 'object' && value !== null) {
      if (Array.isArray(value)) this.list(key, value)
      else this.record(key, value)
      return this.#depth >= maxDepth ? null : value
    }
    if (typeof value !== 'number' || Math.abs(value) < 1e12) return value
    const text = String(value)
    if (this.#partly(key, text, this.#rules.texts) === text) return value
    return null
  }

  #underSecret(name: string, value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.secret(name, value, this.#rules.ruleOf(name))
    if (value === null || typeof value === 'boolean') return value
    this.marks.remark(name, [this.#rules.ruleOf(name), 'x'])
    return null
  }

  #wholly(key: string | number, text: string, rule: string): string {
    if (text === filtered) return text
    this.marks.remark(key, [rule, 's', 0, filtered.length], text.length)
    return filtered
  }

  #partly(key: string | number, text: string, patterns: Patterns): string {
    if (!mayHold(text, patterns)) return text
    const spans = findSpans(text, patterns)
    if (spans === undefined) return text
    const { text: result, done } = replaced(text, spans)
    for (const { rule, start, end } of done.slice(0, 16)) {
      this.marks.remark(key, [rule, 's', start, end], text.length)
    }
    return result
  }

  /** A text that is JSON: by the names in it. What is none after all, such as one that was cut, as any text. */
  #json(key: string | number, text: string): string {
    const value = jsonOf(text)
    if (value === undefined) return this.#partly(key, text, this.#rules.cutJson)
    const inner = new Scrubber(this.#rules, new Marks(undefined))
    const before = JSON.stringify(value)
    inner.any('json', value)
    const result = JSON.stringify(value)
    if (result === before) return text
    this.marks.remark(key, ['@password:filter', 's', 0, result.length], text.length)
    return result
  }

  #enter(key: string | number): boolean {
    if (this.#depth >= maxDepth) return false
    this.#depth++
    this.marks.path.push(key)
    return true
  }

  #leave(): void {
    this.#depth--
    this.marks.path.pop()
  }
}

/** Texts that say no more than a boolean would. */
function isConstant(text: string): boolean {
  return text.length < 10 && /^(?:true|false|null|none|undefined)$/i.test(text)
}

const longestJson = 65_536

const looksJson = (text: string): boolean =>
  text.length > 4 && (text.startsWith('{') || text.startsWith('[')) && text.length <= longestJson

/** Undefined when it is none, or nested deeper than is worth it. */
function jsonOf(text: string): JsonRecord | JsonValue[] | undefined {
  try {
    const value = JSON.parse(text) as JsonRecord | JsonValue[]
    return isShallow(value, maxDepth) ? value : undefined
  } catch {
    return undefined
  }
}
