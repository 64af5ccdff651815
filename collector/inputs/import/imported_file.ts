import type { Position } from '../../../core/journal/batch.ts'
import { type Content, GzipContent, plainContent } from '../tail/content.ts'
import type { Seen, TailFile, TailFiles } from '../tail/files.ts'
import { fits, headBytes, markBytes, nothing, printOf } from '../tail/fingerprint.ts'
import { chunkSizeOf, Framing } from '../tail/framing.ts'
import type { TailOptions } from '../tail/options.ts'
import { gzipDamage } from './gzip_end.ts'

/** Messages of a file, and the position behind them. The framing holds them until the next chunk is asked for. */
export interface Chunk {
  readonly framing: Framing
  /** Bytes of the (inflated) file. */
  readonly consumed: number
  readonly position: Position
}

/** One file that is read once, from where `known` left it to its end, whatever is appended meanwhile. */
export class ImportedFile {
  readonly #path: string
  readonly #framing: Framing
  readonly #seen: Seen
  readonly #file: TailFile
  readonly #gzip: GzipContent | undefined
  readonly #content: Content
  readonly #chunkSize: number
  #offset = 0
  #head = nothing
  #mark = nothing
  #headBytes: Buffer = Buffer.alloc(0)
  readonly #line = { cut: false, nul: false }
  #done: boolean
  readonly #known: Position | undefined
  readonly #nowMs: number

  /** @throws what the system says when the file cannot be opened. */
  constructor(
    path: string,
    known: Position | undefined,
    options: TailOptions,
    { files, nowMs }: { readonly files: TailFiles; readonly nowMs: number },
  ) {
    this.#path = path
    this.#known = known
    this.#nowMs = nowMs
    this.#framing = new Framing(options)
    const seen = files.stat(path)
    if (seen?.kind !== 'file') throw new Error(seen ? 'it is no file' : 'there is no such file')
    this.#seen = seen
    // Also when only the name changed: what was read to its end is not read again.
    this.#done = known?.['done'] === true && known['mtime'] === String(seen.mtimeNs)
    this.#file = files.open(path)
    this.#gzip = isGzip(this.#file) ? new GzipContent(this.#file) : undefined
    this.#content = this.#gzip ?? plainContent(this.#file)
    this.#chunkSize = chunkSizeOf(options)
  }

  /** Of the file on disk. */
  get bytesRead(): number {
    return this.#gzip ? this.#gzip.compressedRead : this.#offset
  }

  /** Why a compressed file ended before its end; what follows its last whole line was not given out then. */
  damage: string | undefined

  /** The last chunk has the end of the file, and says so in its position, unless the file is damaged. */
  async *chunks(): AsyncGenerator<Chunk> {
    if (this.#done) return
    await this.#goOn()
    const buffer = Buffer.allocUnsafeSlow(markBytes + this.#chunkSize)
    for (let atEnd = false; !atEnd;) {
      const before = this.#mark.bytes
      const wanted = before + Math.min(this.#chunkSize, this.#room())
      const into = buffer.subarray(0, wanted)
      const length = await this.#content.read(into, this.#offset - before)
      if (!fits(this.#mark, into.subarray(0, Math.min(before, length)))) {
        throw new Error('it changed while it was read')
      }
      const readTo = this.#offset + length - before
      atEnd = length < wanted || readTo >= this.#limit()
      if (atEnd) await this.#checkEnd(readTo)
      // What a torn file ends with goes on in the whole one.
      const isWhole = atEnd && this.damage === undefined
      const ending = { final: isWhole, flush: isWhole, first: this.#offset === 0 }
      const end = this.#framing.frame(buffer, before, length, this.#line, ending)
      const consumed = end - before
      this.#advance(buffer, before, end)
      this.#done = isWhole
      yield { framing: this.#framing, consumed, position: this.position() }
    }
  }

  close(): void {
    this.#content.close()
  }

  position(): Position {
    return {
      path: this.#path,
      offset: this.#offset,
      head: this.#head.hash,
      head_bytes: this.#head.bytes,
      mark: this.#mark.hash,
      mark_bytes: this.#mark.bytes,
      mtime: String(this.#seen.mtimeNs),
      seen: this.#nowMs,
      ...(this.#line.cut && { cut: true }),
      ...(this.#done && { done: true }),
    }
  }

  async #checkEnd(inflated: number): Promise<void> {
    const gzip = this.#gzip
    if (!gzip) return
    const damage = gzip.damage ?? (await gzipDamage(this.#file, gzip.compressedRead, inflated))
    if (damage === undefined) return
    this.damage = `the gzip data is damaged or breaks off (${damage}): what follows its last whole line is not taken in; import the whole file, and it goes on there`
  }

  /** What a plain file had when it was opened; of a compressed one nobody knows. */
  #limit(): number {
    return this.#gzip ? Infinity : this.#seen.size
  }

  #room(): number {
    return Math.max(2 * Math.ceil((this.#limit() - this.#offset) / 2), 0)
  }

  /** Takes up the known position if the file still has what was read. */
  async #goOn(): Promise<void> {
    if (!this.#known) return
    const { offset, head, head_bytes: headLength, mark, mark_bytes: markLength } = this.#known
    const [at, known] = [Number(offset), { bytes: Number(headLength), hash: String(head) }]
    const first = await this.#bytes(0, known.bytes)
    const last = { bytes: Number(markLength), hash: String(mark) }
    const before = await this.#bytes(at - last.bytes, last.bytes)
    if (!fits(known, first) || !fits(last, before)) return
    this.#offset = at
    this.#head = known
    this.#headBytes = first
    this.#mark = last
    this.#line.cut = this.#known['cut'] === true
  }

  async #bytes(position: number, count: number): Promise<Buffer> {
    const into = Buffer.alloc(count)
    return into.subarray(0, count === 0 ? 0 : await this.#content.read(into, position))
  }

  #advance(buffer: Buffer, start: number, end: number): void {
    if (this.#headBytes.length < headBytes) {
      const more = buffer.subarray(start, Math.min(end, start + headBytes - this.#headBytes.length))
      this.#headBytes = Buffer.concat([this.#headBytes, more])
      this.#head = printOf(this.#headBytes)
    }
    this.#offset += end - start
    const markLength = Math.min(markBytes, this.#offset)
    this.#mark = printOf(buffer.subarray(Math.max(0, end - markLength), end))
  }
}

/** By its first bytes (RFC 1952), whatever its name. */
function isGzip(file: TailFile): boolean {
  const magic = Buffer.alloc(2)
  return file.readNow(magic, 0) === 2 && magic.readUInt16BE(0) === 0x1f8b
}
