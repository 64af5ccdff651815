import type { Position } from '../../../core/journal/batch.ts'
import type { InputContext } from '../../input.ts'
import type { Catalogue } from './catalogue.ts'
import { GzipContent, plainContent } from './content.ts'
import type { TailFiles } from './files.ts'
import {
  beginsWith,
  fits,
  headBytes,
  markBytes,
  peek,
  printOf,
  unchanged,
  type Print,
} from './fingerprint.ts'
import { chunkSizeOf, Framing } from './framing.ts'
import { Gathering, type Step, stepOf } from './gathering.ts'
import { tagFor } from './names.ts'
import type { TailOptions } from './options.ts'
import type { Progress, Source } from './source.ts'

/** Bytes that are read at once. */
const smallRead = 16_384
/** Read at least, so that what came since the last look comes along. */
const leastRead = 4096
/** What a delivery takes up beside its lines: thousands of files of one line each are not all under way. */
const deliveryBytes = 4096

/**
 * How a turn of reading ended.
 * - end: all there is was read
 * - more: others have their turn first
 * - cut: the content is not what it was
 * - moved: the path leads to another file
 */
export type Turn = 'end' | 'more' | 'cut' | 'moved'

/** A chunk read and not yet framed: the bytes of the mark, then those after the offset. */
interface Read {
  readonly bytes: Buffer
  readonly length: number
  readonly wanted: number
  /** Of the file, when the read began. */
  readonly size: number
}

/** Reads sources one at a time and hands over their messages, the next chunk being read meanwhile. */
export class Reading {
  readonly #context: InputContext
  readonly #options: TailOptions
  readonly #files: TailFiles
  readonly #catalogue: Catalogue
  readonly #tag: string
  readonly #framing: Framing
  readonly #gathering = new Gathering()
  readonly #buffers: Buffer[] = []
  readonly #chunkSize: number
  readonly #received: { events: (n: number) => void; bytes: (n: number) => void }
  #turned = 0
  #inFlightBytes = 0
  readonly #inFlight = new Set<Promise<void>>()
  /** Resolves when something of what is in flight has settled. */
  #settledOne = Promise.withResolvers<void>()
  /** Bytes read and done with. */
  consumed = 0
  /** A delivery was rejected: nothing is read until all are settled and the sources put back. */
  failed: unknown

  constructor(
    context: InputContext,
    options: TailOptions & { tag?: string | undefined },
    files: TailFiles,
    catalogue: Catalogue,
  ) {
    this.#context = context
    this.#options = options
    this.#files = files
    this.#catalogue = catalogue
    this.#tag = options.tag ?? 'tail'
    this.#framing = new Framing(options)
    this.#chunkSize = chunkSizeOf(options)
    const component = { component: context.id }
    const events = context.metrics.events_received.labels(component)
    const bytes = context.metrics.bytes_received.labels(component)
    this.#received = { events: (n) => events.inc(n), bytes: (n) => bytes.inc(n) }
  }

  /** Makes sure the file is open and is still the one that was read before. */
  open(source: Source): 'open' | 'cut' | 'moved' {
    if (source.content) return 'open'
    if (source.at === undefined) return 'moved'
    const file = this.#files.open(source.at)
    const seen = file.stat()
    if (seen.id !== source.id || seen.kind !== 'file') {
      file.close()
      return 'moved'
    }
    if (source.gzip) {
      source.open(new GzipContent(file))
      return 'open'
    }
    source.open(plainContent(file), file)
    const { head, mark, offset } = source.progress
    if (seen.size < offset || !unchanged(file, head, mark, offset)) return 'cut'
    source.headBytes = Buffer.from(peek(file, 0, head.bytes))
    return 'open'
  }

  /**
   * Reads from the offset to the end, or to `read_bytes_limit`.
   * @param ending whether an unfinished line, or event, at the end is to be taken as it is.
   */
  async turn(source: Source, ending: { final: boolean; flush: boolean }): Promise<Turn> {
    const state = this.open(source)
    if (state !== 'open') return state
    let left = this.#options.read_bytes_limit
    for (let next: Read | Promise<Read> = this.#read(source); ;) {
      const read = next instanceof Promise ? await next : next
      const { mark, offset } = source.progress
      // The mark was read with what follows it.
      const before = read.bytes.subarray(0, Math.min(mark.bytes, read.length))
      if (source.file && !(fits(mark, before) && beginsAsRead(source))) return 'cut'
      source.known = read.size
      const start = Math.min(mark.bytes, read.length)
      const atEnd = read.length < read.wanted
      const lineState = { cut: source.progress.cut, nul: source.nul }
      const end = {
        final: ending.final && atEnd,
        flush: ending.flush && atEnd,
        first: offset === 0,
      }
      const done = this.#framing.frame(read.bytes, start, read.length, lineState, end)
      source.waiting = this.#framing.waiting
      source.nul = lineState.nul
      this.#countTally()
      const consumed = done - start
      if (consumed > 0) {
        this.consumed += consumed
        source.fresh = false
        source.progress = this.#advance(source, read.bytes, start, done, lineState.cut)
      }
      left -= consumed
      const goOn = !atEnd && consumed > 0 && left > 0 && this.failed === undefined
      if (goOn) next = this.#readAhead(source)
      const delivering = consumed > 0 ? this.#deliver(source, consumed) : undefined
      if (delivering) await delivering
      if (!goOn) return atEnd || consumed === 0 ? 'end' : 'more'
      if (this.failed !== undefined) {
        await next
        return 'more'
      }
    }
  }

  /** Hands over what was gathered, and positions that no event carries. */
  async flush(): Promise<void> {
    await this.#handOver()
    // What was noted meanwhile may be ahead of what is durable; recovering notes it anew.
    if (this.failed !== undefined) return
    const positions = this.#positionsOf([])
    if (Object.keys(positions).length === 0) return
    const delivered = this.#context.deliver({
      tag: this.#tag.replaceAll('*', 'tail'),
      source: Buffer.alloc(0),
      spans: new Uint32Array(0),
      count: 0,
      context: {},
      positions,
    })
    this.#track(0, delivered, [])
  }

  /** Sources were put back to what is durable: reads again. */
  recovered(): void {
    this.#gathering.clear()
    this.failed = undefined
  }

  /** Delivers nothing more. */
  stop(): void {
    this.failed = new Error('stopped')
  }

  /** Resolves once nothing is on its way. */
  async settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight)
  }

  #read(source: Source): Read | Promise<Read> {
    const { file, content } = source
    const { mark, offset } = source.progress
    const size = sizeToRead(source)
    // One more than there is: a read that is full does not show that the end was reached.
    const room = file ? Math.max(size - offset + 1, leastRead) : this.#chunkSize
    const wanted = mark.bytes + Math.min(this.#chunkSize, 2 * Math.ceil(room / 2))
    this.#turned ^= 1
    const bytes = (this.#buffers[this.#turned] ??= Buffer.allocUnsafeSlow(
      this.#chunkSize + markBytes,
    ))
    const into = bytes.subarray(0, wanted)
    const position = offset - mark.bytes
    const read = (length: number): Read => ({ bytes, length, wanted, size })
    // A few bytes are in the page cache: a trip through the thread pool would cost ten times the read.
    if (file && wanted <= smallRead) return read(file.readNow(into, position))
    return content!.read(into, position).then(read)
  }

  /** Beside the delivery of what was read before: what goes wrong is heard of once that is handed over. */
  #readAhead(source: Source): Promise<Read> {
    const read = Promise.try(() => this.#read(source))
    read.catch(() => undefined)
    return read
  }

  #advance(source: Source, bytes: Buffer, start: number, done: number, cut: boolean): Progress {
    const offset = source.progress.offset + done - start
    let head: Print = source.progress.head
    if (head.bytes < headBytes) {
      const known = source.headBytes ?? Buffer.alloc(0)
      const more = bytes.subarray(start, Math.min(done, start + headBytes - known.length))
      source.headBytes = Buffer.concat([known, more])
      head = printOf(source.headBytes)
    }
    // Of little, head and mark are the same bytes.
    const isAll = head.bytes === offset && offset <= markBytes
    const from = Math.max(0, done - Math.min(markBytes, offset))
    const mark = isAll ? head : printOf(bytes.subarray(from, done))
    return { offset, head, mark, cut }
  }

  /** Hands over what was framed; a promise only where it does not go with what is gathered. */
  #deliver(source: Source, consumed: number): Promise<void> | undefined {
    // A skipped rest or a run of NULs alone is skipped again after a crash.
    if (this.#framing.count === 0) return undefined
    const tag = tagFor(this.#tag, source.path)
    if (consumed > smallRead || !this.#gathering.takes(tag, this.#framing)) {
      return this.#handOver().then(() => this.#deliverNow(source, tag, consumed))
    }
    return this.#deliverNow(source, tag, consumed)
  }

  #deliverNow(source: Source, tag: string, consumed: number): Promise<void> | undefined {
    // The source is put back to its last durable offset, this chunk included.
    if (this.failed !== undefined) return undefined
    source.noted = true
    source.seenAt = this.#context.clock.now()
    this.#received.events(this.#framing.count)
    this.#received.bytes(consumed)
    if (consumed > smallRead || !this.#gathering.takes(tag, this.#framing)) {
      return this.#deliverAlone(source, tag, consumed)
    }
    // What was noted before is older, what is noted from now on is newer than this.
    this.#catalogue.unnote(source)
    this.#gathering.add(tag, source, this.#framing)
    return undefined
  }

  async #deliverAlone(source: Source, tag: string, consumed: number): Promise<void> {
    await this.#room(consumed)
    if (this.failed !== undefined) return
    this.#catalogue.unnote(source)
    const steps = [stepOf(source)]
    const positions = this.#positionsOf(steps)
    const { source: bytes, spans, count } = this.#framing
    const context = source.context()
    const delivered = this.#context.deliver({
      tag,
      source: bytes,
      spans,
      count,
      context,
      positions,
    })
    this.#track(consumed + deliveryBytes, delivered, steps)
  }

  /** Delivers what was gathered. */
  async #handOver(): Promise<void> {
    if (this.#gathering.count === 0) return
    const size = this.#gathering.steps.length * deliveryBytes
    await this.#room(size)
    const { tag, bytes, spans, count, contexts, steps } = this.#gathering
    if (this.failed === undefined) {
      const positions = this.#positionsOf(steps)
      const arrival = { tag, source: bytes, spans, count, context: {}, contexts, positions }
      this.#track(size, this.#context.deliver(arrival), steps)
    }
    this.#gathering.clear()
  }

  /** Resolves once `bytes` more may be under way. */
  async #room(bytes: number): Promise<void> {
    while (this.#inFlightBytes > 0 && this.#inFlightBytes + bytes > this.#options.in_flight_bytes) {
      await this.#settledOne.promise
    }
  }

  /** What a delivery makes durable: how far its sources are read, and what was noted since. */
  #positionsOf(steps: readonly Step[]): Record<string, Position | null> {
    const positions: Record<string, Position | null> = {}
    for (const { source, position } of steps) positions[source.key] = position
    for (const [key, position] of this.#catalogue.takeNotes()) positions[key] = position
    return positions
  }

  #track(bytes: number, delivered: Promise<unknown>, steps: readonly Step[]): void {
    this.#inFlightBytes += bytes
    const durable = () => {
      for (const { source, progress } of steps) source.durable = progress
    }
    const settled = delivered
      .then(durable, (failure: unknown) => {
        this.failed ??= failure
      })
      .then(() => {
        this.#inFlightBytes -= bytes
        this.#inFlight.delete(settled)
        this.#settledOne.resolve()
        this.#settledOne = Promise.withResolvers()
      })
    this.#inFlight.add(settled)
  }

  #countTally() {
    const { nulRuns, cut, dropped, multilineCut } = this.#framing.takeTally()
    const { count } = this.#context
    if (nulRuns > 0) count('nul_run', nulRuns)
    if (cut > 0) count('line_too_long', cut)
    if (dropped > 0) count('line_too_long_dropped', dropped)
    if (multilineCut > 0) count('multiline_cut', multilineCut)
  }
}

/** Bytes of the file: by the last look where it showed a little to read, which is what it is for a log that trickles. */
function sizeToRead({ file, size, progress }: Source): number {
  if (!file) return 0
  const left = size - progress.offset
  return left > 0 && left <= leastRead ? size : file.size()
}

/** Whether the file still begins with what was read first. */
function beginsAsRead({ file, headBytes: known, progress: { head } }: Source): boolean {
  if (known?.length !== head.bytes) return beginsWith(file!, head)
  return peek(file!, 0, head.bytes).equals(known)
}
