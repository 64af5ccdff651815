import { SearchError } from '../search.ts'
import { illegalArgument } from './elasticsearch_error.ts'

/** Parameters that every request may have. */
export const commonParameters = [
  'pretty',
  'human',
  'error_trace',
  'filter_path',
  'format',
  'source',
  'source_content_type',
] as const

/** The parameters of one request's URL, read as Elasticsearch reads them. */
export class Parameters {
  readonly #given: ReadonlyMap<string, string>

  constructor(query: string) {
    this.#given = new Map(new URLSearchParams(query))
  }

  has(name: string): boolean {
    return this.#given.has(name)
  }

  text(name: string): string | undefined {
    return this.#given.get(name)
  }

  /** Comma-separated; undefined when it is not there. */
  list(name: string): string[] | undefined {
    return this.#given
      .get(name)
      ?.split(',')
      .filter((part) => part !== '')
  }

  /** An empty value is true, as in `?pretty`. @throws SearchError */
  flag(name: string): boolean | undefined {
    const text = this.#given.get(name)
    if (text === undefined) return undefined
    if (text === 'true' || text === '') return true
    if (text === 'false') return false
    throw illegalArgument(`Failed to parse value [${text}] as only [true] or [false] are allowed.`)
  }

  /** @throws SearchError */
  integer(name: string): number | undefined {
    const text = this.#given.get(name)
    if (text === undefined || text === '') return undefined
    if (/^-?\d{1,15}$/.test(text)) return Number(text)
    throw illegalArgument(`Failed to parse int parameter [${name}] with value [${text}]`)
  }

  /** @throws SearchError naming parameters that are not `known`, and the nearest that is. */
  refuseUnknown(path: string, known: readonly string[]): void {
    const unknown = [...this.#given.keys()].filter((name) => !known.includes(name))
    if (unknown.length === 0) return
    const some = unknown.map((name) => {
      const near = known.filter((each) => each.startsWith(name.slice(0, 3)) && name.length > 2)
      if (near.length === 0) return `[${name}]`
      const guess = near.length === 1 ? `[${near[0]}]` : `any of [${near.join(', ')}]`
      return `[${name}] -> did you mean ${guess}?`
    })
    const what = unknown.length === 1 ? 'parameter' : 'parameters'
    throw new SearchError(
      400,
      'illegal_argument_exception',
      `request [${path}] contains unrecognized ${what}: ${some.join(', ')}`,
    )
  }
}
