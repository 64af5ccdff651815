import { Refusal } from '../../core/http/refusal.ts'
import { WeirError } from '../../core/errors.ts'
import type { Append, Position } from '../../core/journal/batch.ts'
import { type FlushHeader, forwardedTag, isNewer, senderKey } from './flush_format.ts'
import { readPiece } from './read_lines.ts'

/** What a sender is told once its piece is durable. */
export interface TakenPiece {
  /** False where it was taken before. */
  readonly taken: boolean
  /** Lines that are none, by their number in the body from 1; they are not kept. */
  readonly refused: readonly { readonly line: number; readonly why: string }[]
}

/** Senders whose last piece is remembered; of more, the one not heard of for longest is forgotten. */
const sendersMax = 10_000

const keyStart = senderKey('')

/** Makes pieces of flushes durable, each once. */
export class FlushIntake {
  readonly #stream: string
  readonly #append: Append
  /** The last piece of each sender, by its key; the sender heard of last comes last. */
  readonly #last: Map<string, Position>
  /** What is under way, by sender: pieces are taken one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>()

  /** @param known what the journal remembers. */
  constructor(stream: string, known: ReadonlyMap<string, Position>, append: Append) {
    this.#stream = stream
    this.#append = append
    this.#last = new Map(known)
  }

  get senders(): number {
    return this.#last.size
  }

  /** @throws WeirError WEIR_REQUEST_INVALID for what is no piece, Refusal 503 when it cannot be kept now. */
  async take(body: Buffer): Promise<TakenPiece> {
    const read = readPiece(textOf(body))
    if ('why' in read) throw new WeirError('WEIR_REQUEST_INVALID', `this is no flush: ${read.why}`)
    const { header, lines } = read
    const refused = read.refused.map(({ index, why }) => ({ line: index + 2, why }))
    const key = senderKey(header.instance)
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(async () => {
      if (!isNewer(header, this.#last.get(key))) return { taken: false, refused }
      await this.#keep(key, header, lines)
      return { taken: true, refused }
    })
    const settled = turn.catch(() => undefined)
    this.#turns.set(key, settled)
    try {
      return await turn
    } finally {
      if (this.#turns.get(key) === settled) this.#turns.delete(key)
    }
  }

  async #keep(key: string, header: FlushHeader, lines: readonly object[]): Promise<void> {
    const text = [header, ...lines].map((line) => `${timeFirst(line)}\n`).join('')
    const { flush, piece } = header
    // A clock that was set back makes nothing older look new.
    const at = Math.max(Date.parse(header['@timestamp']), Number(this.#last.get(key)?.['at'] ?? 0))
    const position = { flush, piece, at }
    const oldest = this.#last.size >= sendersMax && !this.#last.has(key) && this.#last.keys().next()
    const positions = { [key]: position, ...(oldest && { [oldest.value!]: null }) }
    const outcome = await this.#append([
      {
        stream: this.#stream,
        tag: forwardedTag,
        bytes: Buffer.from(text),
        count: lines.length + 1,
        positions,
      },
    ])
    if (outcome === 'dropped') {
      throw new Refusal(503, 'paused', 'the journal is full', { 'retry-after': '5' })
    }
    this.#last.delete(key)
    if (oldest) this.#last.delete(oldest.value!)
    this.#last.set(key, position)
  }
}

/** The positions of senders among all those of the journal. */
export const sendersAmong = (
  positions: ReadonlyMap<string, readonly [number, Position]>,
): Map<string, readonly [number, Position]> =>
  new Map([...positions].filter(([key]) => key.startsWith(keyStart)))

/** As the journal wants a line: its time first. */
function timeFirst(line: object): string {
  const { '@timestamp': time, ...rest } = line as { '@timestamp': string }
  return JSON.stringify({ '@timestamp': time, ...rest })
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new WeirError('WEIR_REQUEST_INVALID', 'this is no flush: it is not UTF-8')
  }
}
