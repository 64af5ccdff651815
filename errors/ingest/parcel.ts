import type { Reason } from '../../core/reasons.ts'
import { formatSize } from '../../core/size_text.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { EventSummary } from '../event_summary.ts'
import {
  type Attachment,
  encodeReport,
  eventReportEnd,
  eventReportHead,
  type Report,
} from '../reports.ts'
import { droppedCategories } from './categories.ts'
import type { Lines, LogLines, ReportLine } from './gatherer.ts'
import type { QuotaCategory } from './quota_config.ts'
import { quotaCategories } from './quota_config.ts'
import { type RateLimit, RateLimits } from './rate_limits.ts'
import type { Sender } from './sender.ts'
import { eventPieces, type JsonPieces } from './event_pieces.ts'

type Outcomes = Extract<Report, { kind: 'discarded' }>['outcomes']
type Outcome = Outcomes[number]

/** A file before it is kept. */
export interface IncomingFile {
  readonly name: string
  readonly type: string
  readonly contentType: string
  readonly bytes: Uint8Array
}

export interface ParcelWorld {
  readonly sender: Sender
  readonly receivedMs: number
  /** A limit that does not allow `amount` more. */
  readonly take: (category: QuotaCategory, amount: number) => RateLimit | undefined
  readonly count: (reason: Reason, amount?: number) => void
  /** A file without what is secret in it; undefined for one that is not to be kept. */
  readonly scrubFile: (file: IncomingFile) => Promise<IncomingFile | undefined>
  /** Makes a file durable. @returns its name. */
  readonly keep: (bytes: Uint8Array) => Promise<string>
}

/** Log items, and their bytes as Sentry counts them. */
export interface LogAmount {
  readonly items: number
  readonly bytes: number
}

const outcomesMax = 200

/** What one request brings for the journal, and what became of the rest of it. */
export class Parcel {
  readonly limits = new RateLimits()
  readonly sender: Sender
  readonly receivedMs: number
  readonly #world: ParcelWorld
  #files: IncomingFile[] = []
  readonly #kinds: Report['kind'][] = []
  #lines: ReportLine[] = []
  #logs: LogLines[] = []
  #logAmount: LogAmount = { items: 0, bytes: 0 }
  readonly #outcomes: Outcome[] = []
  #events: { id: string; json: JsonPieces; summary: EventSummary | undefined }[] = []
  #eventId: string | undefined
  /** Sessions that it has so far. */
  sessionCount = 0
  /** What was wrong with items that were left out, for the answer. */
  readonly #causes: string[] = []
  #isTooLarge = false
  /** Something of it was taken. */
  #taken = 0

  constructor(world: ParcelWorld) {
    this.#world = world
    this.sender = world.sender
    this.receivedMs = world.receivedMs
  }

  /**
   * Whether a quota lets `amount` more of a category in; what it does not let in is counted.
   *
   * @param logBytes of the logs that they are.
   */
  allows(category: QuotaCategory, amount = 1, logBytes = 0): boolean {
    const limit = this.#world.take(category, amount)
    if (!limit) return true
    const names = quotaCategories[category]
    this.limits.exceed(names, limit)
    this.discard('quota', limit.reason, names[0], amount)
    if (logBytes > 0) this.discard('quota', limit.reason, 'log_byte', logBytes)
    this.#world.count('report_quota', amount)
    return false
  }

  /** Of its first event. */
  get eventId(): string | undefined {
    return this.#eventId
  }

  /** Files go with the first. */
  event(event: SentryEvent, summary?: EventSummary): void {
    this.#eventId ??= event.event_id
    this.#events.push({ id: event.event_id, json: eventPieces(event), summary })
  }

  file(file: IncomingFile): void {
    this.#files.push(file)
  }

  /** Leaves out files that have been made use of. */
  drop(isUsed: (file: IncomingFile) => boolean): void {
    this.#files = this.#files.filter((file) => !isUsed(file))
  }

  get files(): readonly IncomingFile[] {
    return this.#files
  }

  report(report: DistributiveOmit<Report, 'project' | 'key' | 'received_ms'>): void {
    // What was left out stays the same union.
    const whole = { ...report, ...this.#accepted() } as Report
    this.#add(whole.kind, encodeReport(whole))
  }

  #add(kind: Report['kind'], line: ReportLine): void {
    this.#kinds.push(kind)
    this.#lines.push(line)
  }

  #accepted() {
    const { sender, receivedMs } = this
    return { project: sender.project.id, key: sender.key, received_ms: receivedMs }
  }

  logs(lines: readonly LogLines[], { items, bytes }: LogAmount): void {
    this.#logs.push(...lines)
    const known = this.#logAmount
    this.#logAmount = { items: known.items + items, bytes: known.bytes + bytes }
  }

  /** Logs of a request of which others are taken. */
  leaveOutLogs(source: 'too_large' | 'invalid', why: string, { items, bytes }: LogAmount): void {
    if (items === 0) return
    this.discard(source, why, 'log_item', items)
    this.discard(source, why, 'log_byte', bytes)
    this.#world.count(`report_${source}`, items)
  }

  discard(source: Outcome['source'], reason: string, category: string, quantity = 1): void {
    if (this.#outcomes.length >= outcomesMax) return
    this.#outcomes.push({ source, reason, category, quantity })
  }

  /** An item that Weir has no use for. */
  unsupported(type: string): void {
    const { category, announced } = droppedCategories(type)
    this.discard('unsupported', type.slice(0, 64).toWellFormed(), category)
    for (const name of announced) this.limits.announce(name)
    this.#world.count('report_unsupported')
  }

  invalid(category: string, why: string, quantity = 1): void {
    this.discard('invalid', why, category, quantity)
    this.#world.count('report_invalid', quantity)
    if (this.#causes.length < 10) this.#causes.push(why)
  }

  /** A part of an item that was taken, which had to be left out. */
  repaired(category: string, why: string, reason: Reason): void {
    this.discard('invalid', why, category)
    this.#world.count(reason)
  }

  tooLarge(category: string, option: string, maxBytes: number, quantity = 1): void {
    const why = `an item of ${category} is larger than errors.limits.${option} (${formatSize(maxBytes)})`
    this.discard('too_large', option, category, quantity)
    this.#world.count('report_too_large', quantity)
    this.#isTooLarge = true
    if (this.#causes.length < 10) this.#causes.push(why)
  }

  get causes(): readonly string[] {
    return this.#causes
  }

  get isTooLarge(): boolean {
    return this.#isTooLarge
  }

  /** Whether anything of it goes into the journal for its own sake. */
  get isEmpty(): boolean {
    return this.#taken === 0
  }

  /** Makes the files durable. */
  async keepFiles(): Promise<readonly Attachment[]> {
    const kept = await Promise.all(this.#files.map((file) => this.#kept(file)))
    return kept.filter((file) => file !== undefined)
  }

  /**
   * Hands the lines over, for good: it is kept until they are durable, and what is kept costs every garbage collection.
   *
   * @param eventId of the envelope's header, for files without an event of their own.
   * @param attachments its files, once they are durable.
   */
  lines(eventId: string | undefined, attachments: readonly Attachment[]): Lines {
    for (const [index, { id, json, summary }] of this.#events.entries()) {
      const files = index === 0 && attachments.length > 0 && { attachments }
      const summed = summary && { summary }
      const head = {
        kind: 'event',
        event_id: id,
        ...this.#accepted(),
        ...files,
        ...summed,
      } as const
      this.#add('event', [eventReportHead(head), ...json, eventReportEnd])
    }
    const isAlone = this.#events.length === 0 && attachments.length > 0
    if (isAlone && eventId !== undefined) {
      this.report({ kind: 'attachments', event_id: eventId, attachments })
    }
    this.#taken = this.#lines.length + this.#logs.length
    if (this.#outcomes.length > 0) this.report({ kind: 'discarded', outcomes: this.#outcomes })
    const { items, bytes } = this.#logAmount
    const taken = { kind: 'logs', ...this.#accepted(), items, bytes } as const
    const behindLogs = this.#logs.length > 0 ? [encodeReport(taken)] : []
    const lines = { reports: this.#lines, logs: this.#logs, behindLogs }
    this.#lines = []
    this.#logs = []
    this.#events = []
    return lines
  }

  /** The kind of each of its reports. */
  get kinds(): readonly string[] {
    return this.#kinds
  }

  async #kept(file: IncomingFile): Promise<Attachment | undefined> {
    const scrubbed = await this.#world.scrubFile(file)
    if (!scrubbed) {
      this.discard('unsupported', 'errors.scrub.attachments', 'attachment')
      this.#world.count('report_unsupported')
      return undefined
    }
    const { name, type, contentType, bytes } = scrubbed
    const blob = await this.#world.keep(bytes)
    return { name, type, content_type: contentType, size: bytes.length, blob }
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
