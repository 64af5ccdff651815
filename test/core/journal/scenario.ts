import { expect } from 'vitest'
import type { Clock } from '../../../core/clock.ts'
import { WeirError } from '../../../core/errors.ts'
import type { Batch } from '../../../core/journal/batch.ts'
import { eventId, eventsOf } from '../../../core/journal/chunk.ts'
import { isBefore, type Place } from '../../../core/journal/cursor.ts'
import type { Journal, JournalOptions } from '../../../core/journal/journal.ts'
import { cursorPath } from '../../../core/journal/layout.ts'
import type { Read, Reader } from '../../../core/journal/reader.ts'
import type { PartitionWriter } from '../../../core/journal/writer.ts'
import { randomFrom, SimulatedDisk } from '../../simulated_files.ts'
import { linesOf, openJournal, startWriter } from './setup.ts'

/** Time that stands still until it is told to go on. */
class ManualClock implements Clock {
  #ms = 1_790_000_000_000
  #sleepers: { at: number; wake: () => void }[] = []
  now = () => this.#ms
  monotonic = () => this.#ms
  sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve()
      this.#sleepers.push({ at: this.#ms + ms, wake: resolve })
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  advance(ms: number): void {
    this.#ms += ms
    const due = this.#sleepers.filter(({ at }) => at <= this.#ms)
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#ms)
    for (const { wake } of due) wake()
  }
}

/** A source that numbers its lines and, after a restart, goes on where the journal says. */
interface Source {
  readonly partition: string
  /** Lines below are acknowledged, or were found again at a start: they have to stay. */
  acked: number
  next: number
  /** One more than the highest number any reader was given. */
  delivered: number
  /** Appends that are not settled. */
  underWay: number
  /** Lines that the journal says it dropped, and appends of which it did not get to say anything. */
  readonly dropped: Set<number>
  readonly untold: Set<number>
  readonly asked: Set<readonly number[]>
  /** One was refused: nothing is read until all are settled, then from `acked` on. */
  refused: boolean
}

interface Outstanding {
  readonly read: Read
  readonly partition: string
  readonly first: Place
  readonly ids: readonly string[]
  readonly numbers: readonly number[]
  sent: boolean
}

/** An append that a stop rejects, or that is too large, is no failure. */
export function rethrowAssertions(failure: unknown): void {
  if (failure instanceof Error && failure.name === 'AssertionError') throw failure
}

/** What a reader was given, and what it has to be given next. */
interface Follower {
  readonly id: string
  reader: Reader | undefined
  outstanding: Outstanding[]
  /** By partition: the number that comes next. */
  readonly expected: Map<string, number>
  /** By partition, after a restart: the first number may not be above. */
  readonly atMost: Map<string, number>
  readonly sentIds: Set<string>
  /** No restart and no seek so far. */
  fresh: boolean
  /** By partition: the lines it was given, apart from those that an interruption took back. */
  readonly given: Map<string, Set<number>>
  /** By partition: the first line it was ever given. */
  readonly first: Map<string, number>
  /** Lines that were passed while they were under way, when the process ended: nobody counted them. */
  readonly untold: Set<string>
}

/** How the journal is configured, and its readers. */
interface Options extends Partial<JournalOptions> {
  readonly maxLag?: number | undefined
}

/**
 * The journal on a disk that can be crashed, beside what has to be true of it: numbered lines from a source
 * for each partition, and readers that note each line they get. Every method checks what it can see.
 */
export class Scenario {
  readonly disk: SimulatedDisk
  readonly clock = new ManualClock()
  readonly counts = new Map<string, number>()
  readonly #random: () => number
  readonly #options: Options
  readonly #sources: Source[]
  readonly #followers = new Map<string, Follower>()
  readonly #numberOf = new Map<string, string>()
  readonly #idOf = new Map<string, string>()
  #journal: Journal | undefined
  /** Counts processes, so that nothing goes on waiting for one that is gone. */
  #life = 0
  #writers = new Map<string, PartitionWriter>()

  constructor(seed: number, partitions: number, options: Options) {
    this.disk = new SimulatedDisk(seed)
    this.#random = randomFrom(seed + 1)
    this.#options = { segmentBytes: 2000, groupBytes: 1500, ...options }
    this.#sources = Array.from({ length: partitions }, (_, i) => ({
      partition: `collector-${i}`,
      acked: 0,
      next: 0,
      delivered: 0,
      underWay: 0,
      dropped: new Set(),
      untold: new Set(),
      asked: new Set(),
      refused: false,
    }))
  }

  get journal(): Journal | undefined {
    return this.#journal
  }

  follower(id: string): Follower | undefined {
    return this.#followers.get(id)
  }

  get maySkip(): boolean {
    return this.#options.whenFull !== 'block' || this.#options.maxLag !== undefined
  }

  /** Starts, again and again while the disk fails; readers known before come back. */
  async start(): Promise<void> {
    const life = this.#life
    for (let attempt = 0; attempt < 50; attempt++) {
      try {
        await this.#tryStart()
        return
      } catch (failure) {
        if (life !== this.#life) return await new Promise(() => undefined)
        if (!/simulated/.test(String(failure))) throw failure
        this.disk.kill()
      }
    }
    throw new Error('does not start')
  }

  async #tryStart(): Promise<void> {
    const files = this.disk.mount()
    for (const { id, reader } of this.#followers.values()) {
      // Absent, and the disk never took a cursor of it: then nobody holds segments for it any more.
      const isKnown = reader || (await files.readText(cursorPath('/data', id))) !== undefined
      if (!isKnown) this.#followers.delete(id)
    }
    const world = {
      files,
      dataFolder: '/data',
      clock: this.clock,
      options: this.#options,
      counts: this.counts,
      randomBytes: (count: number) =>
        Uint8Array.from({ length: count }, () => this.#random() * 256),
    }
    const journal = await openJournal(world)
    expect(this.counts.get('journal corrupt'), 'no crash makes half a segment').toBeUndefined()
    this.#journal = undefined
    this.#writers = new Map()
    const positions = journal.positions()
    for (const source of this.#sources) {
      const found = Number(positions.get(source.partition)?.[1]['n'] ?? 0)
      expect(found, 'acknowledged lines stay').toBeGreaterThanOrEqual(source.acked)
      expect(found, 'delivered lines stay').toBeGreaterThanOrEqual(source.delivered)
      expect(found, 'positions are not ahead of lines').toBeLessThanOrEqual(source.next)
      source.acked = found
      source.next = found
      source.underWay = 0
      for (const numbers of source.asked) {
        for (const n of numbers) if (n < found) source.untold.add(n)
      }
      source.asked.clear()
      source.refused = false
    }
    // Before anything is written: with no reader at all, what is old may go.
    this.#journal = journal
    for (const follower of this.#followers.values()) {
      if (follower.reader) await this.#reopen(follower)
    }
    for (const { partition } of this.#sources) {
      this.#writers.set(partition, await startWriter(journal, world, partition))
    }
  }

  /** The process is gone, with or without the disk's cache. */
  end(how: 'kill' | 'crash'): void {
    this.disk[how]()
    this.#life += 1
    for (const follower of this.#followers.values()) {
      if (!follower.reader) continue
      for (const { partition, first, numbers } of follower.outstanding) {
        const place = follower.reader.cursor[partition]
        if (!place || !isBefore(first, place)) continue
        for (const n of numbers) follower.untold.add(`${partition} ${n}`)
      }
      this.#interrupt(follower)
    }
  }

  async stop(): Promise<void> {
    const deadline = new AbortController()
    const life = this.#life
    const closed = [...this.#writers.values()].map((writer) => writer.close(deadline.signal))
    await this.ticks()
    deadline.abort()
    await this.#within(Promise.all(closed), life)
    for (const follower of this.#followers.values()) {
      if (!follower.reader) continue
      await this.#within(this.#journal!.release(follower.reader))
      this.#interrupt(follower)
    }
    this.disk.kill()
  }

  /** Lines of several batches that become durable together; more appends may be under way. */
  async append(place: number, sizes: readonly number[], tag = 'a'): Promise<void> {
    const source = this.#sources[place % this.#sources.length]!
    if (source.refused) return
    const life = this.#life
    source.underWay += 1
    try {
      await this.#append(source, sizes, tag)
    } catch (failure) {
      // What a stop rejects may be there after all, at the next start.
      const isTooLarge = failure instanceof WeirError && failure.code === 'WEIR_REQUEST_TOO_LARGE'
      if (life === this.#life && isTooLarge) source.refused = true
      throw failure
    } finally {
      if (life === this.#life) this.#settled(source)
    }
  }

  #settled(source: Source): void {
    source.underWay -= 1
    if (source.underWay > 0 || !source.refused) return
    source.refused = false
    source.next = source.acked
  }

  #append(source: Source, sizes: readonly number[], tag: string): Promise<void> {
    const first = source.next
    const end = first + sizes.reduce((sum, size) => sum + size, 0)
    const lines = Array.from({ length: end - first }, (_, i) => first + i)
    source.asked.add(lines)
    const batches: Batch[] = sizes.map((size, i) => {
      const numbers = Array.from({ length: size }, () => source.next++)
      // On the first, so that a torn append would claim lines that are not there.
      const positions = i === 0 ? { [source.partition]: { n: end } } : undefined
      return linesOf(numbers, {
        tag: `${source.partition}.${tag}`,
        pad: 20,
        ...(positions && { positions }),
      })
    })
    return this.#writers
      .get(source.partition)!
      .append(batches)
      .then((outcome) => {
        source.asked.delete(lines)
        if (outcome === 'dropped') for (const n of lines) source.dropped.add(n)
        expect(end, 'acknowledged in order').toBeGreaterThanOrEqual(source.acked)
        source.acked = end
      })
  }

  async openReader(id: string): Promise<void> {
    const known = this.#followers.get(id)
    if (known?.reader) return
    const follower: Follower = known ?? {
      id,
      reader: undefined,
      outstanding: [],
      expected: new Map(),
      atMost: new Map(),
      sentIds: new Set(),
      fresh: true,
      given: new Map(),
      first: new Map(),
      untold: new Set(),
    }
    this.#followers.set(id, follower)
    await this.#reopen(follower)
  }

  /** The reader is absent from now on. */
  async release(id: string): Promise<void> {
    const follower = this.#followers.get(id)
    if (!follower?.reader) return
    await this.#within(this.#journal!.release(follower.reader))
    this.#interrupt(follower)
    follower.reader = undefined
  }

  async #reopen(follower: Follower): Promise<void> {
    const options = { id: follower.id, wants: () => true, maxLag: this.#options.maxLag }
    follower.reader = await this.#journal!.reader(options)
  }

  #interrupt(follower: Follower): void {
    for (const { partition, numbers } of follower.outstanding) {
      const first = Math.min(numbers[0]!, follower.atMost.get(partition) ?? Infinity)
      follower.atMost.set(partition, first)
      for (const n of numbers) follower.given.get(partition)!.delete(n)
    }
    for (const [partition, next] of follower.expected) {
      if (!follower.atMost.has(partition)) follower.atMost.set(partition, next)
    }
    follower.expected.clear()
    follower.outstanding = []
    follower.fresh = false
  }

  /** Reads once; undefined when there is nothing. */
  async read(id: string, bytes = 300): Promise<Outstanding | undefined> {
    const follower = this.#followers.get(id)
    if (!follower?.reader) return undefined
    const stop = new AbortController()
    const life = this.#life
    const reading = follower.reader.read({ bytes, ageMs: 0 }, stop.signal)
    await this.ticks()
    stop.abort()
    const read = await this.#within(reading, life)
    if (!read) return undefined
    const outstanding = this.#note(follower, read)
    follower.outstanding.push(outstanding)
    await this.#send(follower, outstanding)
    this.#checkCursor(follower)
    return outstanding
  }

  async #send(follower: Follower, outstanding: Outstanding): Promise<boolean> {
    if (outstanding.sent) return true
    const reserved = outstanding.read.reserve().then(
      () => true,
      () => false,
    )
    if (!(await this.#within(reserved))) return false
    outstanding.sent = true
    for (const id of outstanding.ids) follower.sentIds.add(id)
    return true
  }

  #note(follower: Follower, read: Read): Outstanding {
    const { chunk } = read
    const ids: string[] = []
    const numbers: number[] = []
    const partition = chunk.parts[0]!.tag.split('.')[0]!
    const source = this.#sources.find((each) => each.partition === partition)!
    for (const { ordinal, start, end } of eventsOf(chunk)) {
      const { n } = JSON.parse(chunk.bytes.toString('utf8', start, end)) as { n: number }
      const id = eventId(chunk.segment, ordinal)
      const line = `${partition} ${n}`
      expect(this.#numberOf.get(id) ?? line, 'no id is used twice').toBe(line)
      expect(this.#idOf.get(line) ?? id, 'no line has two ids').toBe(id)
      this.#numberOf.set(id, line)
      this.#idOf.set(line, id)
      expect(n, 'only what is durable is read').toBeLessThan(source.next)
      source.delivered = Math.max(source.delivered, n + 1)
      this.#follow(follower, partition, n)
      ids.push(id)
      numbers.push(n)
    }
    const known = ids.some((id) => follower.sentIds.has(id))
    if (known) expect(read.mayBeKnown, 'what may be known is said so').toBe(true)
    if (follower.fresh) expect(read.mayBeKnown).toBe(false)
    const first = { segment: chunk.segment, ordinal: chunk.parts[0]?.ordinal ?? 0 }
    return { read, partition, first, ids, numbers, sent: false }
  }

  #follow(follower: Follower, partition: string, n: number): void {
    const expected = follower.expected.get(partition)
    const atMost = follower.atMost.get(partition)
    const given = follower.given.get(partition) ?? new Set()
    follower.given.set(partition, given.add(n))
    if (!follower.first.has(partition)) follower.first.set(partition, n)
    if (this.maySkip) {
      if (expected !== undefined) expect(n).toBeGreaterThanOrEqual(expected)
    } else if (expected !== undefined) expect(n, 'in order, without gaps').toBe(expected)
    else if (atMost !== undefined) {
      expect(n, 'the cursor did not pass an undone read').toBeLessThanOrEqual(atMost)
    }
    follower.atMost.delete(partition)
    follower.expected.set(partition, n + 1)
  }

  #checkCursor({ reader, outstanding }: Follower): void {
    if (this.maySkip) return
    for (const { partition, first } of outstanding) {
      const place = reader!.cursor[partition]
      expect(!place || !isBefore(first, place), 'the cursor waits for what is not done').toBe(true)
    }
  }

  /** Finishes one of the reads under way, whichever. */
  async done(id: string, which: number): Promise<void> {
    const follower = this.#followers.get(id)
    if (!follower?.reader || follower.outstanding.length === 0) return
    const place = which % follower.outstanding.length
    const outstanding = follower.outstanding[place]!
    if (!(await this.#send(follower, outstanding))) return
    follower.outstanding.splice(place, 1)
    outstanding.read.done()
    this.#checkCursor(follower)
  }

  async seekToStart(id: string): Promise<void> {
    const follower = this.#followers.get(id)
    if (!follower?.reader) return
    await this.#within(follower.reader.seek({}).catch(() => undefined))
    this.#interrupt(follower)
    follower.atMost.clear()
  }

  /** Lets everything happen that can without time passing. */
  async ticks(): Promise<void> {
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Waits for `promise`, letting time pass where it does not settle by itself. */
  async #within<T>(promise: Promise<T>, life = this.#life): Promise<T> {
    let settled = false
    const end = () => void (settled = true)
    promise.then(end, end)
    for (let i = 0; i < 200 && !settled && life === this.#life; i++) {
      await this.ticks()
      if (!settled) this.clock.advance(500)
    }
    // Whoever waited for a process that is gone waits for ever.
    if (life !== this.#life) await new Promise(() => undefined)
    if (!settled) throw new Error('hangs')
    return await promise
  }

  /** Everything is delivered once the disk is well again; then nothing is left over. */
  async finish(): Promise<void> {
    this.disk.fail = () => undefined
    if (this.#followers.size === 0) await this.openReader('late')
    for (const id of this.#followers.keys()) await this.openReader(id)
    const isBusy = () => this.#sources.some(({ underWay }) => underWay > 0)
    for (let i = 0; i < 50 && isBusy(); i++) await this.#drain()
    expect(isBusy(), 'every append settles').toBe(false)
    const append = (_: Source, place: number) => this.append(place, [1])
    const settled = Promise.all(this.#sources.map(append))
    await this.#drain()
    await this.#within(settled)
    await this.#drain()
    for (const follower of this.#followers.values()) {
      for (const { partition, acked } of this.#sources) {
        if (this.maySkip) continue
        const next = follower.expected.get(partition)
        expect(next, `${follower.id} has all of ${partition}`).toBe(acked)
      }
      this.#checkCounts(follower)
    }
    const dropped = this.#sources.reduce((sum, source) => sum + source.dropped.size, 0)
    expect(this.counts.get('dropped') ?? 0, 'what was dropped on arrival is counted').toBe(dropped)
    await this.#journal!.sweep()
    const bytes = this.#journal!.partitions.reduce((sum, partition) => sum + partition.bytes, 0)
    expect(this.#journal!.space.used).toBe(bytes)
    for (const partition of this.#journal!.partitions) expect(partition.segments).toHaveLength(1)
  }

  #checkCounts(follower: Follower): void {
    const { id, fresh, given } = follower
    const countOf = (reason: string) => this.counts.get(`reader.${id} ${reason}`) ?? 0
    const counted = countOf('dropped_oldest') + countOf('max_lag')
    expect(counted, 'what was skipped is counted').toBeGreaterThanOrEqual(this.#missed(follower))
    if (!fresh) return
    const all = this.#sources.reduce((sum, { acked }) => sum + acked, 0)
    const got = [...given.values()].reduce((sum, { size }) => sum + size, 0)
    expect(counted + got, 'what is given is not counted').toBeLessThanOrEqual(all)
  }

  /** Lines the follower was not given since its first one, though they arrived. */
  #missed({ given, first, untold: lost }: Follower): number {
    let missed = 0
    for (const { partition, acked, dropped, untold } of this.#sources) {
      for (let n = first.get(partition) ?? acked; n < acked; n++) {
        const isGiven = given.get(partition)!.has(n)
        if (isGiven) expect(dropped.has(n), 'what was dropped is not given').toBe(false)
        else if (!dropped.has(n) && !untold.has(n) && !lost.has(`${partition} ${n}`)) missed += 1
      }
    }
    return missed
  }

  async #drain(): Promise<void> {
    for (let idle = 0; idle < 2;) {
      let found = false
      for (const id of this.#followers.keys()) {
        while (await this.read(id, 2000)) found = true
        const { outstanding } = this.#followers.get(id)!
        while (outstanding.length > 0) await this.done(id, 0)
      }
      await this.ticks()
      this.clock.advance(1000)
      await this.ticks()
      idle = found ? 0 : idle + 1
    }
  }
}
