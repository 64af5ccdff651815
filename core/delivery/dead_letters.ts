import { type Clock } from '../clock.ts'
import { RetryableError, WeirError } from '../errors.ts'
import type { Files } from '../files.ts'
import { type Chunk, type ChunkPart, eventId, eventsOf } from '../journal/chunk.ts'
import type { Rejected } from './output.ts'

/** An event that a target refused for good; a line of `dead/<output>.ndjson`. */
export interface DeadLetter {
  readonly id: string
  /** When it was refused, ISO 8601. */
  readonly time: string
  readonly reason: string
  readonly detail: string
  readonly target: string
  readonly stream: string
  readonly tag: string
  /** The event as it is in the journal. */
  readonly event: string
}

interface Resolved {
  readonly id: string
  readonly resolved: 'replayed' | 'dropped'
}

/**
 * The dead letters of one output: a file that is appended and synced before the cursor passes the events,
 * so that none is in neither place. docs/formats/journal.md §7.
 */
export class DeadLetters {
  readonly #path: string
  readonly #files: Files
  readonly #clock: Clock
  readonly #maxBytes: number
  /** One change of the file at a time. */
  #turn: Promise<unknown> = Promise.resolve()
  #mayBeTorn = true

  constructor(
    folder: string,
    output: string,
    world: { readonly files: Files; readonly clock: Clock },
    maxBytes: number,
  ) {
    this.#path = `${folder}/${output}.ndjson`
    this.#files = world.files
    this.#clock = world.clock
    this.#maxBytes = maxBytes
  }

  /** Resolves when the letters are durable. Throws RetryableError while there is no room for them. */
  add(chunk: Chunk, rejected: readonly Rejected[]): Promise<void> {
    return this.#inTurn(async () => {
      if (rejected.length === 0) return
      const byIndex = new Map(rejected.map((one) => [one.index, one]))
      const time = new Date(this.#clock.now()).toISOString()
      let lines = ''
      for (const { index, ordinal, stream, tag, start, end } of eventsOf(chunk)) {
        const one = byIndex.get(index)
        if (!one) continue
        const { reason, detail, target } = one
        const event = chunk.bytes.toString('utf8', start, end)
        const id = eventId(chunk.segment, ordinal)
        const letter: DeadLetter = { id, time, reason, detail, target, stream, tag, event }
        lines += `${JSON.stringify(letter)}\n`
      }
      const size = (await this.#files.size(this.#path)) ?? 0
      if (size > 0 && size + lines.length > this.#maxBytes) {
        throw new RetryableError(
          'WEIR_OUTPUT_REFUSED',
          `${this.#path} is full (${size} bytes): replay or drop its letters with "weir dead", or raise dead_max_disk`,
        )
      }
      // A crash may have torn the last line: what is added first begins a new one.
      await this.#files.append(this.#path, this.#mayBeTorn && size > 0 ? `\n${lines}` : lines)
      this.#mayBeTorn = false
    })
  }

  /** The letters neither replayed nor dropped, oldest first. */
  async list(): Promise<DeadLetter[]> {
    const letters = new Map<string, DeadLetter>()
    const text = (await this.#files.readText(this.#path)) ?? ''
    for (const line of text.split('\n')) {
      const entry = parseLine(line)
      if (!entry) continue
      if ('resolved' in entry) letters.delete(entry.id)
      else letters.set(entry.id, entry)
    }
    return [...letters.values()]
  }

  /** Ends the letters of `ids`. @returns how many there were. */
  resolve(ids: ReadonlySet<string>, resolved: Resolved['resolved']): Promise<number> {
    return this.#inTurn(async () => {
      const letters = await this.list()
      const rest = letters.filter(({ id }) => !ids.has(id))
      const ended = letters.length - rest.length
      if (ended === 0) return 0
      if (rest.length < ended) {
        const text = rest.map((letter) => `${JSON.stringify(letter)}\n`).join('')
        await this.#files.replace(this.#path, text)
        return ended
      }
      const lines = letters
        .filter(({ id }) => ids.has(id))
        .map(({ id }) => `${JSON.stringify({ id, resolved } satisfies Resolved)}\n`)
      await this.#files.append(this.#path, lines.join(''))
      return ended
    })
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(change)
    this.#turn = result.catch(() => undefined)
    return result
  }
}

function parseLine(line: string): DeadLetter | Resolved | undefined {
  if (line === '') return undefined
  try {
    // Weir wrote it; a line torn by a crash does not parse and was never counted on.
    return JSON.parse(line) as DeadLetter | Resolved
  } catch {
    return undefined
  }
}

/** The letters as chunks to be written again, one for each segment they came from. */
export function chunksOf(letters: readonly DeadLetter[]): Chunk[] {
  const bySegment = Map.groupBy(letters, ({ id }) => splitId(id).segment)
  return [...bySegment].map(([segment, group]) => {
    const sorted = group.toSorted((a, b) => splitId(a.id).ordinal - splitId(b.id).ordinal)
    const parts: ChunkPart[] = []
    let end = 0
    for (const { id, stream, tag, event } of sorted) {
      const start = end
      end += Buffer.byteLength(event) + 1
      parts.push({ stream, tag, ordinal: splitId(id).ordinal, count: 1, start, end })
    }
    const bytes = Buffer.from(sorted.map(({ event }) => `${event}\n`).join(''))
    return { segment, parts, bytes, count: sorted.length }
  })
}

function splitId(id: string): { segment: string; ordinal: number } {
  const dash = id.indexOf('-')
  if (dash < 0) throw new WeirError('WEIR_REQUEST_INVALID', `"${id}" is not the id of an event`)
  return { segment: id.slice(0, dash), ordinal: Number(id.slice(dash + 1)) }
}
