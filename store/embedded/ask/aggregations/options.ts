import { queryOfBody } from '../../../query/body/body.ts'
import type { SearchLimits } from '../../../query/limits.ts'
import type { Place, Query } from '../../../query/query.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../../../search.ts'

/** The body of one aggregation, read key by key; what was not read at the end is refused by name. */
export class Options {
  readonly type: string
  readonly name: string
  readonly at: Place
  readonly limits: SearchLimits
  readonly #body: JsonRecord
  readonly #known = new Set<string>()

  constructor(type: string, name: string, body: JsonRecord, at: Place, limits: SearchLimits) {
    this.type = type
    this.name = name
    this.#body = body
    this.at = at
    this.limits = limits
  }

  raw(key: string): JsonValue | undefined {
    this.#known.add(key)
    return Object.hasOwn(this.#body, key) ? this.#body[key] : undefined
  }

  /** Accepted and without effect. */
  ignore(...keys: readonly string[]) {
    for (const key of keys) this.#known.add(key)
  }

  /** Not understood: refused when it is there and not null. */
  refuse(...keys: readonly string[]) {
    for (const key of keys) {
      if (this.raw(key) == null) continue
      throw this.illegal(`[${this.type}] does not support [${key}] here`)
    }
  }

  text(key: string): string | undefined {
    const value = this.raw(key)
    if (value == null) return undefined
    if (typeof value === 'object') throw this.wrong(key, value)
    return String(value)
  }

  required(key: string): string {
    const value = this.text(key)
    if (value === undefined) throw this.illegal(`Required [${key}] missing`)
    return value
  }

  /** A number, or a text that is one. */
  number(key: string): number | undefined {
    const value = this.raw(key)
    if (value == null) return undefined
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isFinite(number)) throw this.wrong(key, value)
    return number
  }

  integer(key: string, atLeast: number): number | undefined {
    const value = this.number(key)
    if (value === undefined) return undefined
    if (Math.trunc(value) < atLeast) {
      const must = `must be greater than or equal to ${atLeast}`
      throw this.illegal(`[${key}] ${must}. Found [${value}] in [${this.name}]`)
    }
    return Math.trunc(value)
  }

  boolean(key: string): boolean | undefined {
    const value = this.raw(key)
    if (value == null) return undefined
    if (value === true || value === 'true') return true
    if (value === false || value === 'false') return false
    throw this.wrong(key, value)
  }

  record(key: string): JsonRecord | undefined {
    const value = this.raw(key)
    if (value == null) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) throw this.wrong(key, value)
    return value
  }

  list(key: string): readonly JsonValue[] | undefined {
    const value = this.raw(key)
    if (value == null) return undefined
    if (!Array.isArray(value)) throw this.wrong(key, value)
    return value
  }

  numbers(key: string): readonly number[] | undefined {
    return this.list(key)?.map((value) => {
      const number = typeof value === 'string' ? Number(value) : value
      if (typeof number !== 'number' || !Number.isFinite(number)) throw this.wrong(key, value)
      return number
    })
  }

  /** What is at `key`, as options of their own. */
  inner(key: string, value: JsonValue): Options {
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      throw this.wrong(key, value)
    return new Options(this.type, this.name, value, `${this.at}.${key}`, this.limits)
  }

  query(value: JsonValue | undefined, at: Place): Query {
    if (value == null || typeof value !== 'object' || Array.isArray(value)) {
      throw this.wrong(this.name, value ?? null)
    }
    return queryOfBody(value, { place: at, limits: this.limits })
  }

  /** The whole body as a query, which is what that of `filter` is. */
  asQuery(): Query {
    this.ignore(...Object.keys(this.#body))
    return queryOfBody(this.#body, { place: this.at, limits: this.limits })
  }

  /** @throws SearchError on a key that nothing asked for */
  finish() {
    const unknown = Object.keys(this.#body).find((key) => !this.#known.has(key))
    if (unknown === undefined) return
    const reason = `[${this.type}] unknown field [${unknown}]`
    throw new SearchError(400, 'x_content_parse_exception', `${reason}, at ${this.at}`)
  }

  illegal(reason: string): SearchError {
    return new SearchError(400, 'illegal_argument_exception', `${reason}, at ${this.at}`)
  }

  wrong(key: string, value: JsonValue): SearchError {
    const reason = `[${this.type}] ${key} doesn't support values of type: ${kindOf(value)}`
    return new SearchError(400, 'x_content_parse_exception', `${reason}, at ${this.at}`)
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'VALUE_NULL'
  if (Array.isArray(value)) return 'START_ARRAY'
  if (typeof value === 'object') return 'START_OBJECT'
  return typeof value === 'boolean' ? 'VALUE_BOOLEAN' : `VALUE_${(typeof value).toUpperCase()}`
}
