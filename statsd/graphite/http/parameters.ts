import type { FastifyRequest } from 'fastify'
import { Refusal } from '../../../core/http/refusal.ts'

/** What a request says in its URL and in a form; Graphite takes both, and a name may end with `[]`. */
export class Parameters {
  readonly #values = new Map<string, string[]>()
  /** As they came. */
  readonly pairs: readonly (readonly [name: string, value: string])[]

  constructor(pairs: readonly (readonly [string, string])[]) {
    this.pairs = pairs
    for (const [key, value] of pairs) {
      const name = key.endsWith('[]') ? key.slice(0, -2) : key
      const values = this.#values.get(name)
      if (values) values.push(value)
      else this.#values.set(name, [value])
    }
  }

  /** The last value, as Graphite takes it; undefined when there is none or it is empty. */
  text(name: string): string | undefined {
    const value = this.#values.get(name)?.at(-1)
    return value === '' ? undefined : value
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** On with anything but nothing, `0`, `false` and `no`. */
  flag(name: string): boolean {
    return this.has(name) && !/^(0|false|no)?$/i.test(this.#values.get(name)!.at(-1)!)
  }

  /** @throws Refusal 400 for what is no whole number. */
  whole(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (Number.isInteger(value) && value >= 0) return value
    throw badRequest(`Invalid parameters ("${name}" is not a whole number: "${text.slice(0, 50)}")`)
  }
}

/** The parameters of a request; a body is a form, or for events JSON, which is none. */
export function parametersOf(request: FastifyRequest): Parameters {
  const at = request.url.indexOf('?')
  const query = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1))
  const body = request.body as Buffer | undefined
  const type = (
    request.headers['content-type'] ?? 'application/x-www-form-urlencoded'
  ).toLowerCase()
  if (!body || body.length === 0) return new Parameters([...query])
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return new Parameters([...query, ...new URLSearchParams(body.toString('utf8'))])
  }
  if (type.startsWith('application/json')) return new Parameters([...query, ...ofJson(body)])
  const text = 'send parameters as application/x-www-form-urlencoded or application/json'
  throw new Refusal(415, 'bad_content', text)
}

function ofJson(body: Buffer): [string, string][] {
  let read: unknown
  try {
    read = JSON.parse(body.toString('utf8'))
  } catch {
    throw badRequest('the body is not valid JSON')
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) {
    throw badRequest('the body is no JSON object')
  }
  return Object.entries(read).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each): [string, string] => [
      name,
      typeof each === 'string' ? each : JSON.stringify(each),
    ]),
  )
}

export const badRequest = (message: string) => new Refusal(400, 'bad_request', message)
