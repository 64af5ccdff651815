import type { DatabaseSync } from 'node:sqlite'
import type { Context } from '../../core/context.ts'
import { fullJitter } from '../../core/backoff.ts'
import { messageOf } from '../../core/errors.ts'
import type { Append, Position } from '../../core/journal/batch.ts'
import { eventsOf } from '../../core/journal/chunk.ts'
import type { Places } from '../../core/journal/cursor.ts'
import type { JournalFollower } from '../../core/journal/follower.ts'
import { reportsPartition } from '../reports.ts'
import type { Digestion, Line } from './digestion.ts'
import { OutboxPump } from './outbox_pump.ts'
import { TransactionUnit, type UnitBounds } from './transaction_unit.ts'

export interface DigesterWorld {
  readonly context: Context
  readonly database: DatabaseSync
  readonly append: Append
  /** Follows the partition of reports from a cursor on. */
  readonly follow: (cursor: Places) => JournalFollower
  /** @param sent the outbox's position in the journal. */
  readonly digestion: (sent: Position | undefined) => Digestion
  /** Of a transaction. */
  readonly unit: () => UnitBounds
  /** Upkeep in small steps. @returns whether there is more to do at once. */
  readonly keepUp: (nowMs: number) => boolean
  /** What lies before is on disk for good. */
  readonly advanced: (places: Places) => void
  /** The database is damaged: there is no going on with it. */
  readonly isDamage: (failure: unknown) => boolean
}

// These are no bounds of what is taken or kept: they trade delay for work, as measured, and need no setting.
const readBytes = 2_000_000
/** Read and digested before others have a turn, some milliseconds: what is known of more would outlive young garbage. */
const turnLines = 16
/** What comes within this time is read together. */
const gatherMs = 10
/** The journal is let go of so often. */
const checkpointMs = 5000
const upkeepMs = 10_000
const failuresBeforeCare = 2
/**
 * SQLite's codes for what no report is to blame for: a transaction that was taken back, a file that somebody else has
 * locked, no memory, a disk that is read-only, fails or is full.
 */
const blamelessCodes = [4, 5, 6, 7, 8, 10, 13, 14]

/**
 * Reads reports from the journal and has them digested, for as long as it runs: in transactions that end when it
 * has caught up, when there is enough in one, or when somebody asks something.
 */
export class Digester {
  readonly #world: DigesterWorld
  readonly #stopped = new AbortController()
  readonly #pump: OutboxPump
  #digestion: Digestion
  #follower: JournalFollower
  /** Behind what was digested; and of that, what was committed, and what a checkpoint has put on disk. */
  #digested: Places
  #committed: Places
  readonly #unit: TransactionUnit
  #checkpointed: Places
  #checkpointedMs: number
  #upkeepAtMs: number
  #running: Promise<void> | undefined
  #failures = 0
  /** Why what is in memory is of no use any more, until the run begins anew. */
  #broken: unknown
  events = 0
  /** Why nothing is digested at the moment. */
  trouble: string | undefined

  constructor(sent: Position | undefined, world: DigesterWorld) {
    this.#world = world
    this.#unit = new TransactionUnit(world.unit)
    this.#digestion = world.digestion(sent)
    const row = world.database.prepare("select value from meta where key = 'cursor'").get()
    const cursor = row ? (JSON.parse(String(row['value'])) as Places) : {}
    this.#digested = this.#committed = this.#checkpointed = cursor
    this.#follower = world.follow(cursor)
    this.#checkpointedMs = this.#upkeepAtMs = world.context.clock.monotonic()
    this.#pump = new OutboxPump(sent, {
      append: world.append,
      outbox: () => this.#digestion.outbox,
      committed: () => this.#committed[reportsPartition] ?? { segment: '', ordinal: 0 },
      onFailure: (err) => {
        if (this.#stopped.signal.aborted) return
        world.context.log.error({ err }, 'the journal does not take digested errors')
      },
    })
  }

  get follower(): JournalFollower {
    return this.#follower
  }

  get digestion(): Digestion {
    return this.#digestion
  }

  /** @param onDamage is called when it cannot go on. */
  start(onDamage: (failure: unknown) => void): void {
    this.#world.advanced(this.#committed)
    this.#pump.run()
    this.#running = this.#run().catch((failure: unknown) => {
      this.#stopped.abort()
      this.#failures = Infinity
      onDamage(failure)
    })
  }

  /** Digests what is durable by now while there is time. */
  async stop(deadline: AbortSignal): Promise<void> {
    const { context } = this.#world
    while (!deadline.aborted && this.#failures === 0 && this.#follower.isBehind()) {
      await context.clock.sleep(5, deadline)
    }
    this.#stopped.abort()
    await this.#running
    await this.#follower.close()
    if (this.#failures > 0) return this.#digestion.abandon()
    this.trySettle()
    // What is not committed is in the journal.
    if (this.#broken !== undefined) return
    await this.#pump.idle
    this.#checkpoint()
  }

  /** Commits what was digested, as far as that is possible: a disk that is full fails no question. */
  trySettle(): void {
    try {
      this.settle()
    } catch (failure) {
      // The run has it, too, and begins anew.
      if (!isBlameless(failure)) throw failure
    }
  }

  /** Commits what was digested: who asks now sees all of it. */
  settle(): void {
    if (this.#committed === this.#digested && !this.#world.database.isTransaction) return
    if (this.#broken !== undefined) throw this.#broken
    try {
      this.#digestion.commit(this.#digested)
    } catch (failure) {
      this.#broken = failure
      throw failure
    }
    this.#committed = this.#digested
    this.#unit.end()
    this.#pump.run()
  }

  /** Begins anew with what the world gives now; after `trySettle`. */
  renew(): void {
    // What failed begins anew anyway, once it has been taken back.
    if (this.#broken === undefined) this.#digestion = this.#world.digestion(this.#pump.sent)
  }

  /** Behind what was digested, and committed. */
  get places(): Places {
    return this.#committed
  }

  /** Issues were changed by somebody else: what is remembered of them may be wrong. */
  forget(): void {
    this.#digestion.events.forget()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    let hasFailed = false
    while (!signal.aborted) {
      try {
        if (hasFailed) await this.#beginAnew()
        hasFailed = false
        await this.#step(signal)
        this.#recovered()
      } catch (failure) {
        const cause = this.#broken ?? failure
        if (this.#world.isDamage(cause)) throw cause
        hasFailed = true
        await this.#takeBack(cause, signal)
      }
    }
  }

  /** What failed went well; what is committed is out of trouble. */
  #recovered(): void {
    this.#failures = 0
    if (this.trouble === undefined || this.#committed !== this.#digested) return
    this.trouble = undefined
    this.#world.context.log.info('reports are digested again')
  }

  async #step(signal: AbortSignal): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken
    const { context } = this.#world
    const changed = this.#follower.changed
    const found = await this.#follower.read(readBytes)
    if (found) {
      const lines = linesOf(found.chunk)
      if (this.#failures > failuresBeforeCare) await this.#digestCarefully(lines)
      else await this.#digest(lines)
    } else if (this.#unit.isEmpty || this.#unit.lingersMs(context.clock.monotonic()) <= 0) {
      this.settle()
    }
    if (this.#unit.isFull(this.#digestion.outbox.bytes, context.clock.monotonic())) {
      // What the journal does not take is not to pile up here.
      await this.#pump.idle
      this.settle()
    }
    this.#look()
    if (found || signal.aborted) {
      await breathe()
      return
    }
    const woken = new AbortController()
    const stop = () => woken.abort()
    signal.addEventListener('abort', stop, { once: true })
    await Promise.race([changed, context.clock.sleep(this.#restMs(), woken.signal)])
    signal.removeEventListener('abort', stop)
    woken.abort()
    await context.clock.sleep(gatherMs, signal)
  }

  async #digest(lines: readonly Line[]): Promise<void> {
    const { places } = this.#follower
    for (let from = 0; from < lines.length; from += turnLines) {
      if (from > 0) await breathe()
      const some = lines.slice(from, from + turnLines)
      const prepared = await this.#digestion.prepare(some)
      const beganMs = this.#world.context.clock.monotonic()
      const events = this.#digestion.digest(prepared)
      this.#unit.took(events, beganMs)
      this.events += events
      const isLast = from + turnLines >= lines.length
      this.#digested = isLast ? places : this.#behind(some.at(-1)!)
    }
  }

  /** One after the other, so that the one which cannot be digested is found, counted and left out. */
  async #digestCarefully(lines: readonly Line[]): Promise<void> {
    const { context } = this.#world
    for (const line of lines) {
      try {
        this.events += this.#digestion.digest(await this.#digestion.prepare([line]))
      } catch (failure) {
        if (isBlameless(failure)) throw failure
        this.#digestion = this.#world.digestion(this.#pump.sent)
        context.count('report_undigestible')
        const text = line.bytes.toString('utf8', 0, 500)
        context.log.error({ err: failure, line: text }, 'a report is left out')
        this.#digestion.digest([])
      }
      this.#digested = this.#behind(line)
      this.settle()
    }
  }

  #behind({ place: { segment, ordinal } }: Line): Places {
    return { ...this.#digested, [reportsPartition]: { segment, ordinal: ordinal + 1 } }
  }

  /** Takes back what was not committed, and waits. */
  async #takeBack(failure: unknown, signal: AbortSignal): Promise<void> {
    const { context } = this.#world
    this.#broken = undefined
    this.#failures += isBlameless(failure) ? Math.min(1, failuresBeforeCare - this.#failures) : 1
    if (this.trouble === undefined)
      context.log.error({ err: failure }, 'reports cannot be digested; trying again')
    this.trouble = messageOf(failure)
    this.#digestion.abandon()
    // Before the wait: a question that comes meanwhile is not to take for committed what was taken back.
    this.#digested = this.#committed
    this.#unit.end()
    await context.clock.sleep(
      fullJitter(Math.max(1, this.#failures), { baseMs: 200, maxMs: 10_000 }, context.random),
      signal,
    )
  }

  /** From what is committed on. */
  async #beginAnew(): Promise<void> {
    this.#digestion = this.#world.digestion(this.#pump.sent)
    const follower = this.#follower
    this.#follower = follower.from(this.#committed)
    await follower.close()
  }

  /** What is due by the clock. */
  #look(): void {
    const { context, keepUp } = this.#world
    const monotonic = context.clock.monotonic()
    const nowMs = context.clock.now()
    const dueMs = this.#digestion.checkIns.nextMs()
    if (dueMs !== undefined && dueMs <= nowMs) {
      this.#digestion.digest([])
      this.#digestion.checkIns.look(nowMs)
      this.settle()
    }
    if (monotonic >= this.#upkeepAtMs) {
      this.settle()
      // What a full disk or the journal did not take before.
      this.#pump.run()
      this.#upkeepAtMs = monotonic + (keepUp(nowMs) ? 0 : upkeepMs)
    }
    const isNew = this.#checkpointed !== this.#committed || this.#committed !== this.#digested
    if (isNew && monotonic - this.#checkpointedMs >= checkpointMs) this.#checkpoint()
  }

  #restMs(): number {
    const { clock } = this.#world.context
    const monotonic = clock.monotonic()
    const dueMs = this.#digestion.checkIns.nextMs()
    const waits = [
      this.#upkeepAtMs - monotonic,
      Math.max(1, this.#checkpointedMs + checkpointMs - monotonic),
      dueMs === undefined ? Infinity : dueMs - clock.now(),
      this.#unit.lingersMs(monotonic),
    ]
    return Math.max(1, Math.min(...waits, upkeepMs))
  }

  /** Puts what was committed on disk for good, so that the journal may let go of it. */
  #checkpoint(): void {
    const { database, context, advanced } = this.#world
    this.settle()
    this.#checkpointedMs = context.clock.monotonic()
    const result = database.prepare('pragma wal_checkpoint(passive)').get()
    const isWhole = result?.['busy'] === 0 && result['log'] === result['checkpointed']
    if (!isWhole) return
    this.#checkpointed = this.#committed
    advanced(this.#committed)
  }
}

/** Questions that wait have their turn. */
const breathe = () => new Promise((resolve) => setImmediate(resolve))

function isBlameless(failure: unknown): boolean {
  const code = (failure as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' && blamelessCodes.includes(code & 0xff)
}

function linesOf(chunk: Parameters<typeof eventsOf>[0]): Line[] {
  const lines: Line[] = []
  for (const { ordinal, start, end } of eventsOf(chunk)) {
    const place = { segment: chunk.segment, ordinal }
    lines.push({ place, bytes: chunk.bytes.subarray(start, end) })
  }
  return lines
}
