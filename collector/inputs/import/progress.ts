import type { JsonObject } from '../../../core/json.ts'

/** How far an import is. Bytes are those on disk, of all its files. */
export interface ImportProgress {
  readonly files: number
  readonly files_done: number
  readonly bytes: number
  readonly total_bytes: number
  /** Taken in since the import was begun, this time. */
  readonly events: number
  /** Of these, what did not arrive whole, such as lines that do not fit the parser. */
  readonly impaired: number
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[]
  /** Everything that could be read is durable. */
  readonly done: boolean
}

/** Of all workers together; undefined while one of them cannot tell. */
export function progressOf(
  inputs: readonly JsonObject[],
  workers: number,
): ImportProgress | undefined {
  const own = inputs.filter(({ type }) => type === 'import')
  if (own.length < workers) return undefined
  const sum = (name: string) => own.reduce((total, each) => total + Number(each[name]), 0)
  return {
    files: sum('files'),
    files_done: sum('files_done'),
    bytes: sum('bytes'),
    total_bytes: sum('total_bytes'),
    events: sum('events'),
    impaired: sum('impaired'),
    problems: own.flatMap(({ problems }) => problems as string[]),
    done: own.every(({ done }) => done === true),
  }
}
