import type { Clock } from '../../core/clock.ts'
import { createAccess } from '../../core/listen/access.ts'
import { Complaints } from '../../core/listen/complaints.ts'
import { addressText, type ListenAddress } from '../../core/listen/failure.ts'
import { KernelDrops } from '../../core/listen/kernel_drops.ts'
import { messageOf } from '../../core/errors.ts'
import type { Reason } from '../../core/reasons.ts'
import { DatadogLines } from '../line/datadog.ts'
import { EtsyLines } from '../line/etsy.ts'
import { type LineReader, Traffic } from '../line/traffic.ts'
import { noRow } from '../tables/series_table.ts'
import {
  type SeriesKind,
  seriesKinds,
  type SwappedTables,
  transferList,
} from '../tables/swapped.ts'
import { Tables } from '../tables/tables.ts'
import type { Dialect } from '../line/dialect.ts'
import { FlushClock } from './flush_clock.ts'
import type { Listening, ListenerWorld } from './listening.ts'
import type {
  Early,
  ListenerSettings,
  ListenStatus,
  ReceiverNotice,
  ReceiverSettings,
  ReceiverStatus,
  ShownKind,
  ShownSeries,
} from './protocol.ts'
import { OpenConnections, streamListener } from './stream_server.ts'
import { listenUdp } from './udp_socket.ts'
import { listenUnixDatagrams } from './unix_datagrams.ts'
import { watchEveryMs, Watched } from './watched.ts'

export interface ReceivingWorld {
  readonly clock: Clock
  /** Seeds the hashes: any number that nobody outside knows. */
  readonly seed: number
  readonly say: (notice: ReceiverNotice, transfer?: ArrayBuffer[]) => void
  /** Hands over the tables of an interval. */
  readonly handOver: (swapped: SwappedTables, transfer: ArrayBuffer[]) => void
}

const shownValues = 1000
const lookEveryMs = 1000

/**
 * Receives metrics: listens, has the lines of what arrives read into the tables, and hands the tables
 * over at each tick. All of it in one thread, with nothing between a packet and the tables.
 */
export class Receiving {
  readonly #settings: ReceiverSettings
  readonly #generation: number
  readonly #world: ReceivingWorld
  readonly #tables: Tables
  readonly #traffic = new Traffic()
  readonly #watched: Watched
  readonly #readers: Readonly<Record<Dialect, LineReader>>
  readonly #complaints: Complaints
  readonly #drops = new KernelDrops()
  readonly #connections: OpenConnections
  readonly #stopping = new AbortController()
  readonly #sums = { packets: 0, lines: 0, badLines: 0, kernelDrops: 0, droppedSeries: 0 }
  /** By the listener's number. */
  readonly #listening = new Map<number, Listening>()
  #failed: ListenStatus[] = []
  #loops: Promise<unknown> = Promise.resolve()
  #turn = 0
  #waitingSwaps = 0
  /** Intervals in the tables because their swaps were left out. */
  #heldIntervals = 0
  #startedMs: number
  #lastMessageMs = 0
  #kernelDrops = 0
  #longestGapMs = 0
  #longestGapEverMs = 0
  #watching: AbortController | undefined

  constructor(settings: ReceiverSettings, generation: number, world: ReceivingWorld) {
    this.#settings = settings
    this.#generation = generation
    this.#world = world
    const { clock, say } = world
    this.#tables = new Tables(settings.limits, world.seed)
    this.#watched = new Watched(this.#traffic)
    this.#readers = {
      etsy: new EtsyLines(this.#tables, this.#traffic),
      datadog: new DatadogLines(this.#tables, this.#traffic, () => clock.now()),
    }
    const log = {
      warn: (detail: object, text: string) =>
        // Complaints have texts and numbers only.
        say({ notice: 'warning', text, detail: detail as Record<string, string | number> }),
    }
    this.#complaints = new Complaints({ clock, log })
    this.#connections = new OpenConnections((open) => say({ notice: 'connections', open }))
    this.#startedMs = clock.now()
  }

  /** @param listensLater main has the addresses until `listen`. */
  async start(listensLater = false): Promise<void> {
    if (!listensLater) await this.listen()
    const { clock } = this.#world
    const { signal } = this.#stopping
    this.#startedMs = clock.now()
    const flushes = new FlushClock(clock, this.#settings.flushIntervalMs, this.#settings.align)
    this.#loops = Promise.all([
      flushes.run((intervals) => this.#tick(intervals), signal),
      this.#look(signal),
    ])
  }

  /** @param early where main listened before: what came until then, by the listener's number. */
  async listen(early: readonly Early[] = []): Promise<void> {
    for (const [index, listener] of this.#settings.listeners.entries()) {
      await this.#open(listener, index, early[index])
    }
  }

  /** Reads what the kernel has, closes everything, and hands over the last interval. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#watching?.abort()
    await this.#loops
    await this.#closeAll()
    await this.#lookAtDrops()
    this.#swap(this.#heldIntervals + 1, true)
    this.#tell()
  }

  /** The flusher has done with a swap. */
  flushed(): void {
    this.#waitingSwaps -= 1
  }

  /** There is a new flusher, which has nothing to do yet. */
  flusherRenewed(): void {
    this.#waitingSwaps = 0
  }

  watch(lines: boolean, packets: boolean): void {
    this.#watched.set(lines, packets)
    this.#watching?.abort()
    this.#watching = undefined
    if (!this.#watched.isOn) return
    this.#watching = new AbortController()
    void this.#tellWatched(packets ? 20 : watchEveryMs, this.#watching.signal)
  }

  status(): ReceiverStatus {
    const { packets, lines, bad } = this.#traffic
    const sums = this.#sums
    const series = seriesKinds.map((kind) => [kind, this.#tables.series[kind].size] as const)
    return {
      listen: [...Array.from(this.#listening.values(), ({ status }) => status), ...this.#failed],
      connections: this.#connections.count,
      // The keys are all kinds.
      series: Object.fromEntries(series) as Record<SeriesKind, number>,
      packets: sums.packets + packets,
      lines: sums.lines + lines,
      badLines: sums.badLines + bad,
      kernelDrops: sums.kernelDrops + this.#kernelDrops,
      droppedSeries: sums.droppedSeries,
      lastMessageMs: this.#lastMessageMs,
      waitingSwaps: this.#waitingSwaps,
      longestGapMs: this.#longestGapEverMs,
    }
  }

  show(kind: ShownKind): ShownSeries[] {
    const series = this.#tables.series[kind]
    const shown: ShownSeries[] = []
    for (const id of series.known()) {
      shown.push({ name: series.nameOf(id), value: this.#valueOf(kind, id) })
    }
    return shown
  }

  delete(kind: SeriesKind, names: readonly string[]): string[] {
    const series = this.#tables.series[kind]
    const wanted = new Set(names)
    const found: string[] = []
    for (const id of series.known()) {
      const name = series.nameOf(id)
      if (!wanted.has(name)) continue
      series.remove(id)
      found.push(name)
    }
    return found
  }

  #valueOf(kind: ShownKind, id: number): number | number[] {
    const tables = this.#tables
    if (kind === 'gauge') return tables.gauge.valueOf(id)
    const row = tables.series[kind].currentRow(id)
    if (kind === 'counter') return row === noRow ? 0 : tables.counter.valueOf(row)
    if (kind === 'set') return row === noRow ? 0 : tables.set.sizeOf(row)
    return row === noRow ? [] : tables[kind].valuesOf(row, shownValues)
  }

  async #open(listener: ListenerSettings, index: number, early?: Early): Promise<void> {
    const { protocol } = listener.address
    const listen =
      protocol === 'udp'
        ? listenUdp
        : protocol === 'unixgram'
          ? listenUnixDatagrams()
          : streamListener(this.#connections)
    try {
      this.#listening.set(index, await listen(listener, this.#worldOf(listener), early))
    } catch (failure) {
      if (!this.#settings.mayBeTaken) {
        await this.#closeAll()
        throw failure
      }
      const problem = messageOf(failure)
      // Only unix addresses have no host, and no default is one.
      const address = addressText(listener.address as ListenAddress)
      this.#failed.push({ address, dialect: listener.dialect, problem })
      this.#complaints.say(`metrics are not received at ${address}`, { problem })
    }
  }

  async #closeAll(): Promise<void> {
    await Promise.all(Array.from(this.#listening.values(), (each) => each.close()))
  }

  #worldOf({ dialect }: ListenerSettings): ListenerWorld {
    const settings = this.#settings
    const plain = this.#readers[dialect]
    const watched = this.#watched.reading(plain, dialect)
    const { clock } = this.#world
    return {
      settings,
      traffic: this.#traffic,
      complaints: this.#complaints,
      maySend: settings.allow || settings.deny.length > 0 ? createAccess(settings) : undefined,
      reader: {
        packet: (bytes, start, end) => {
          this.#lastMessageMs = clock.now()
          if (this.#watched.isOn) watched.packet(bytes, start, end)
          else plain.packet(bytes, start, end)
        },
      },
    }
  }

  #tick(intervals: number): void {
    const all = this.#heldIntervals + intervals
    // What the flusher cannot take yet stays here, where it takes no more room than one interval.
    if (this.#waitingSwaps >= this.#settings.maxWaitingSwaps) this.#heldIntervals = all
    else this.#swap(all, false)
  }

  #swap(intervals: number, isLast: boolean): void {
    const { clock } = this.#world
    const began = clock.monotonic()
    const tables = this.#tables.swap()
    const now = clock.now()
    const { packets, lines, bad, refused } = this.#traffic.take()
    const dropped = this.#tables.takeDropped()
    const swapped: SwappedTables = {
      generation: this.#generation,
      turn: ++this.#turn,
      startedMs: this.#startedMs,
      swappedMs: now,
      intervals,
      isLast,
      ...tables,
      traffic: {
        packets,
        lines,
        badLines: bad,
        refused: Object.fromEntries(refused),
        kernelDrops: this.#kernelDrops,
        lastMessageMs: this.#lastMessageMs,
        longestGapMs: this.#longestGapMs,
        dropped,
      },
    }
    this.#count(refused)
    const sums = this.#sums
    sums.packets += packets
    sums.lines += lines
    sums.badLines += bad
    sums.kernelDrops += this.#kernelDrops
    for (const { values } of dropped) sums.droppedSeries += values
    this.#kernelDrops = 0
    this.#startedMs = now
    this.#heldIntervals = 0
    this.#waitingSwaps += 1
    this.#world.handOver(swapped, transferList(swapped))
    this.#longestGapMs = clock.monotonic() - began
    this.#longestGapEverMs = Math.max(this.#longestGapEverMs, this.#longestGapMs)
  }

  /** Every second: what the kernel dropped, where something came; and what was refused. */
  async #look(signal: AbortSignal): Promise<void> {
    let seenMs = 0
    while (!signal.aborted) {
      await this.#world.clock.sleep(lookEveryMs, signal)
      if (seenMs === this.#lastMessageMs) continue
      seenMs = this.#lastMessageMs
      await this.#lookAtDrops()
    }
  }

  async #lookAtDrops(): Promise<void> {
    const ports = new Set([...this.#listening.values()].flatMap(({ udpPort }) => udpPort ?? []))
    if (ports.size === 0) return
    const drops = await this.#drops.since(ports)
    if (drops === 0) return
    this.#kernelDrops += drops
    this.#count(new Map([['udp_kernel_drop', drops]]))
    this.#complaints.say('the kernel dropped metrics: the receive buffer was full', { drops })
  }

  #count(counts: ReadonlyMap<Reason, number>): void {
    if (counts.size > 0) this.#world.say({ notice: 'impaired', counts })
  }

  async #tellWatched(everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#world.clock.sleep(everyMs, signal)
      this.#tell()
    }
  }

  #tell(): void {
    for (const [notice, transfer] of this.#watched.take()) this.#world.say(notice, transfer)
    const lost = this.#watched.takeLostPackets()
    if (lost > 0) this.#count(new Map([['datagram_overflow', lost]]))
  }
}
