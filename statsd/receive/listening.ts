import type { Complaints } from '../../core/listen/complaints.ts'
import type { LineReader, Traffic } from '../line/traffic.ts'
import type { Early, ListenerSettings, ListenStatus, ReceiverSettings } from './protocol.ts'

/** What takes in packets or lines at one address. */
export interface Listening {
  readonly status: ListenStatus
  /** Of a UDP socket: the kernel counts by port what it dropped. */
  readonly udpPort?: number
  /** Closes it; what came before has been read. */
  close(): Promise<void>
}

/** What a listener is made with. */
export interface ListenerWorld {
  readonly settings: ReceiverSettings
  readonly traffic: Traffic
  readonly complaints: Complaints
  /** Reads a packet of the listener's dialect. */
  readonly reader: LineReader
  readonly maySend: ((address: string) => boolean) | undefined
}

/** The config key that addresses are set in, for errors. */
export const listenKey = 'statsd.listen'

/** @param early what came before, which is read first. */
export type Listen = (
  listener: ListenerSettings,
  world: ListenerWorld,
  early?: Early,
) => Promise<Listening>
