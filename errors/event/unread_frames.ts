import type { JsonRecord } from '../../store/search.ts'
import type { Frame, Stacktrace } from './sentry_event.ts'

/** Takes JSON piece by piece. */
export interface JsonSink {
  text(json: string): void
  bytes(source: Buffer, start: number, end: number): void
}

/** A part of an event that stays bytes. */
export interface UnreadJson {
  /** Stands for it in JSON until it is written; nobody else can know it. */
  readonly mark: string
  /** Bytes, about. */
  readonly size: number
  writeTo(sink: JsonSink): void
}

/** Instead of a place in the source: a member that is added. */
export const addsPath = -1
export const addsName = -2
export const addsVars = -3
/** In its place: a member of variables. */
export const addsMember = -4

/** Variables that are read, as they may have to be cut or scrubbed. */
export interface ReadVars {
  readonly frame: number
  /** Their JSON in the source. */
  readonly start: number
  readonly end: number
  /** One of them: its name and value. */
  readonly isMember: boolean
  /** What is kept of them. */
  kept?: JsonRecord | undefined
}

/** What a scan makes of a list of frames. Places are those in its JSON. */
export interface FrameList {
  /** Bytes of its JSON. */
  readonly length: number
  /** Of each frame, where it begins and ends. */
  readonly places: readonly number[]
  /** Pairs: start and end of what is copied, or one of the above and, of variables, which. */
  readonly pieces: readonly number[]
  readonly vars: readonly Omit<ReadVars, 'kept'>[]
  /** Of all that grouping reads: the same for frames that read the same. */
  readonly key: string
  /** Bytes of it. */
  readonly factSize: number
}

/**
 * Frames that stay bytes: a scan found that normalising and scrubbing leave them as they are, but for members that
 * go or are added. Most of an event is frames, and most frames are those of an error that came before.
 */
export class UnreadFrames implements UnreadJson {
  readonly #list: FrameList
  readonly #source: Buffer
  readonly mark: string
  readonly #read: (json: string) => Frame
  readonly vars: readonly ReadVars[]

  /** @param source the list's JSON */
  constructor(list: FrameList, source: Buffer, mark: string, read: (json: string) => Frame) {
    this.#list = list
    this.#source = source
    this.mark = mark
    this.#read = read
    this.vars = list.vars.map((one) => ({ ...one }))
  }

  get key(): string {
    return this.#list.key
  }

  get factSize(): number {
    return this.#list.factSize
  }

  get size(): number {
    return this.#list.length
  }

  /** JSON of variables, as it was sent. */
  varsJson({ start, end, isMember }: ReadVars): string {
    const json = this.#source.toString('utf8', start, end)
    return isMember ? `{${json}}` : json
  }

  get length(): number {
    return this.#list.places.length / 2
  }

  /** As it would have been read, without its variables. */
  frame(at: number): Frame {
    const { places } = this.#list
    const frame = this.#read(this.#source.toString('utf8', places[at * 2], places[at * 2 + 1]))
    delete frame.vars
    return frame
  }

  writeTo(sink: JsonSink): void {
    const { pieces } = this.#list
    for (let at = 0; at < pieces.length; at += 2) {
      const start = pieces[at]!
      const end = pieces[at + 1]!
      if (start >= 0) sink.bytes(this.#source, start, end)
      else if (start === addsPath) sink.text(',"abs_path":')
      else if (start === addsName) sink.text(',"filename":')
      else {
        const { kept } = this.vars[end]!
        if (start === addsMember) sink.text(JSON.stringify(kept).slice(1, -1))
        else if (kept !== undefined) sink.text(`,"vars":${JSON.stringify(kept)}`)
      }
    }
  }
}

/** A stack trace whose frames are read only by who needs them. */
export class UnreadStacktrace implements Stacktrace {
  readonly unread: UnreadFrames
  snapshot?: boolean
  registers?: JsonRecord
  #frames: Frame[] | undefined

  constructor(unread: UnreadFrames) {
    this.unread = unread
  }

  /** For grouping: without their variables. */
  get frames(): Frame[] {
    const { unread } = this
    return (this.#frames ??= Array.from({ length: unread.length }, (_, at) => unread.frame(at)))
  }

  toJSON(): object {
    const { unread, snapshot, registers } = this
    return { frames: unread.mark, snapshot, registers }
  }
}
