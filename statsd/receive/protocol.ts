import type { StartNotice } from '../../core/threads/conversation.ts'
import type { MessagePort } from 'node:worker_threads'
import type { Reason } from '../../core/reasons.ts'
import type { MetricsAddress } from '../listen_address.ts'
import type { SeriesKind, SwappedTables } from '../tables/swapped.ts'
import type { TableLimits } from '../tables/limits.ts'
import type { Dialect } from '../line/dialect.ts'

/** What main and the receiving thread say to each other; everything is copied between threads. */

export interface ReceiverSeed {
  /** Counts the starts of the thread in this process, from 1. */
  readonly generation: number
  readonly settings: ReceiverSettings
  /** Where the swapped tables go: FlusherMessage out, FlusherAnswer in. Transferred. */
  readonly flusher: MessagePort
  /** Main has the addresses until `takeOver`. */
  readonly listensLater: boolean
}

/** What main had of an address before the thread did. */
export interface Early {
  /** Of the UDP socket that the thread goes on with; without one it opens the address anew. */
  readonly descriptor?: number
  readonly datagrams: readonly { readonly bytes: Uint8Array; readonly sender: string }[]
  /** Descriptors of connections that nothing was read from. */
  readonly connections: readonly number[]
}

export interface ReceiverSettings {
  readonly listeners: readonly ListenerSettings[]
  /** The listeners are the defaults, not the user's: one that is taken is a warning. */
  readonly mayBeTaken: boolean
  /** Nothing of metrics is configured: the thread starts when the first of them comes. */
  readonly startsLate: boolean
  readonly receiveBufferBytes: number
  readonly permissions: string
  readonly allow: readonly string[] | undefined
  readonly deny: readonly string[]
  readonly maxConnections: number
  readonly silentTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxLineBytes: number
  readonly flushIntervalMs: number
  readonly align: boolean
  /** Swaps that the flusher may have before it; then the tables are not swapped but go on. */
  readonly maxWaitingSwaps: number
  readonly limits: TableLimits
}

export interface ListenerSettings {
  readonly address: MetricsAddress
  readonly dialect: Dialect
}

/** To the flusher's port: the tables, with transferList. */
export interface FlusherMessage {
  readonly swapped: SwappedTables
}
/** From it, when a swap's lines are durable or given up: makes room for another. */
export interface FlusherAnswer {
  readonly flushed: number
}

/** Requests of main, each answered once by id. */
export type ReceiverRequest =
  | { readonly ask: 'status' }
  /** What the series of a kind have by now, names and values, idle ones too. */
  | { readonly ask: 'show'; readonly kind: ShownKind }
  /** Forgets series by their names; answers those that there were. */
  | { readonly ask: 'delete'; readonly kind: SeriesKind; readonly names: readonly string[] }
  /** A raw packet to those who listen for it (Etsy's repeater) and lines for `live`. */
  | { readonly ask: 'watch'; readonly lines: boolean; readonly packets: boolean }
  /** The flusher died and there is another. */
  | { readonly ask: 'flusher'; readonly port: MessagePort }
  /** Listens on what main has given up, and takes what came meanwhile; by the listener's number. */
  | { readonly ask: 'takeOver'; readonly early: readonly Early[] }
  | { readonly ask: 'stop'; readonly withinMs: number }

export type ShownKind = Exclude<SeriesKind, 'value'>

/** A series with its values of the interval so far. */
export interface ShownSeries {
  readonly name: string
  /** Counters: the sum; gauges: the value; sets: how many; timers: the values (at most 1000). */
  readonly value: number | readonly number[]
}

export interface ReceiverStatus {
  readonly listen: readonly ListenStatus[]
  readonly connections: number
  readonly series: Readonly<Record<SeriesKind, number>>
  readonly packets: number
  readonly lines: number
  readonly badLines: number
  readonly kernelDrops: number
  readonly droppedSeries: number
  /** ms since the epoch, 0 before the first. */
  readonly lastMessageMs: number
  readonly waitingSwaps: number
  readonly longestGapMs: number
}
export interface ListenStatus {
  /** As people write it, with the port that was given. */
  readonly address: string
  readonly dialect: Dialect
  /** Datagram sockets: what the kernel granted. */
  readonly receiveBufferBytes?: number
  /** Why it does not listen: a default address that another process has. */
  readonly problem?: string
}

export interface ReceiverAnswers {
  status: ReceiverStatus
  show: readonly ShownSeries[]
  delete: readonly string[]
  watch: undefined
  flusher: undefined
  takeOver: undefined
  stop: undefined
}

/** What the thread says unasked. */
export type ReceiverNotice =
  | StartNotice
  /** What happened to lines and packets since the last notice, by reason; main counts it. */
  | { readonly notice: 'impaired'; readonly counts: ReadonlyMap<Reason, number> }
  | { readonly notice: 'connections'; readonly open: number }
  | {
      readonly notice: 'warning'
      readonly text: string
      readonly detail: Readonly<Record<string, string | number>>
    }
  /** Lines as they came, at most some hundred a second; `unseen` came between and are not shown. */
  | { readonly notice: 'lines'; readonly lines: readonly SeenLine[]; readonly unseen: number }
  /** Packets as they came (bytes end to end, `ends` says where each ends), transferred. */
  | { readonly notice: 'packets'; readonly bytes: Uint8Array; readonly ends: Uint32Array }

export interface SeenLine {
  /** At most 1000 characters. */
  readonly text: string
  readonly dialect: Dialect
  /** Why it was refused; absent when the whole line was taken. */
  readonly refused?: Reason
}
