import { readPiece } from '../../../statsd/forward/read_lines.ts'
import type { ForwardedPiece } from '../../../statsd/forward/merge.ts'
import { FlushWriter } from '../../../statsd/forward/write_flush.ts'
import { EtsyLines } from '../../../statsd/line/etsy.ts'
import { Traffic } from '../../../statsd/line/traffic.ts'
import type { TableLimits } from '../../../statsd/tables/limits.ts'
import { type SwappedTables, seriesKinds } from '../../../statsd/tables/swapped.ts'
import { Tables } from '../../../statsd/tables/tables.ts'

const each = <Value>(value: Value) =>
  Object.fromEntries(seriesKinds.map((kind) => [kind, value])) as Record<
    (typeof seriesKinds)[number],
    Value
  >

export const limits: TableLimits = {
  maxSeries: 1000,
  maxSeriesOf: each(1000),
  maxTags: 10,
  maxNameBytes: 200,
  maxTimerValues: 20,
  maxValues: 10_000,
  maxSetMembers: 1000,
  maxEvents: 10,
  sanitize: true,
  idleFlushes: each(Infinity),
  gaugeTtlFlushes: Infinity,
}

/** The receiving side of a Weir without its thread and sockets. */
export class Edge {
  readonly #tables: Tables
  readonly #traffic = new Traffic()
  readonly #lines: EtsyLines
  readonly #writer = new FlushWriter('metrics-statsd-default')
  readonly #instance: string
  #turn = 0

  constructor(place: number, own: Partial<TableLimits> = {}) {
    this.#tables = new Tables({ ...limits, ...own }, place)
    this.#lines = new EtsyLines(this.#tables, this.#traffic)
    this.#instance = `01JD000000000000000000000${place}`
  }

  send(packet: string): void {
    const bytes = Buffer.from(packet)
    this.#lines.packet(bytes, 0, bytes.length)
  }

  swap(atMs: number): SwappedTables {
    this.#turn += 1
    const { packets, lines, bad } = this.#traffic.take()
    return {
      generation: 1,
      turn: this.#turn,
      startedMs: atMs - 1000,
      swappedMs: atMs,
      intervals: 1,
      isLast: false,
      traffic: {
        packets,
        lines,
        badLines: bad,
        refused: {},
        kernelDrops: 0,
        lastMessageMs: 0,
        longestGapMs: 0,
        dropped: [],
      },
      ...this.#tables.swap(),
    }
  }

  /** What it hands on of an interval. */
  flush(atMs: number): ForwardedPiece[] {
    const swapped = this.swap(atMs)
    const id = { instance: this.#instance, flush: this.#turn }
    return this.#writer.write(swapped, id, atMs).map(({ bytes, count }) => {
      const text = Buffer.from(bytes).toString()
      if (text.split('\n').length - 1 !== count) throw new Error(`${count} lines were promised`)
      const piece = readPiece(text)
      if ('why' in piece) throw new Error(piece.why)
      if (piece.refused.length > 0) throw new Error(JSON.stringify(piece.refused))
      return piece
    })
  }
}
