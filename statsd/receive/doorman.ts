import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import type { Context } from '../../core/context.ts'
import { Complaints } from '../../core/listen/complaints.ts'
import { addressText, listenFailure } from '../../core/listen/failure.ts'
import { messageOf } from '../../core/errors.ts'
import { descriptorOf, mayBeHandedOver, stopReading } from './datagram_handle.ts'
import { HandedOver } from './handed_over.ts'
import { listenKey } from './listening.ts'
import type { Early, ListenerSettings, ListenStatus } from './protocol.ts'
import { setReceiveBuffer } from './udp_socket.ts'

/** Connections that wait for the thread; it takes a tenth of a second to start. */
const mostEarlyConnections = 1024

/** A socket as the doorman has it. */
interface Door {
  readonly status: ListenStatus
  /** Takes in no more; what came until then. */
  leave(handedOver: HandedOver): Early
  close(): void
}

/**
 * Keeps the addresses open on the main thread while no metrics come, so that a Weir that is sent none has no thread for
 * them: 12 MB. With the first datagram or connection the thread begins, and what comes until it is there is kept for it.
 * It goes on with the UDP sockets themselves, by their descriptors, which it is told once nobody reads them here. A TCP
 * port it opens anew: for about a millisecond, once, connections are refused.
 */
export class Doorman {
  readonly #listeners: readonly ListenerSettings[]
  readonly #receiveBufferBytes: number
  readonly #complaints: Complaints
  readonly #onFirst: () => void
  readonly #doors = new Map<number, Door>()
  readonly #handedOver = new HandedOver()
  #hasLeft = false
  #failed: ListenStatus[] = []

  /** @param onFirst called once, when something comes. */
  constructor(
    settings: {
      readonly listeners: readonly ListenerSettings[]
      readonly receiveBufferBytes: number
    },
    { clock, log }: Pick<Context, 'clock' | 'log'>,
    onFirst: () => void,
  ) {
    this.#listeners = settings.listeners
    this.#receiveBufferBytes = settings.receiveBufferBytes
    this.#complaints = new Complaints({ clock, log })
    let hasCome = false
    this.#onFirst = () => {
      if (hasCome) return
      hasCome = true
      onFirst()
    }
  }

  /** Opens the addresses. One that is taken is told and left out: they are the defaults. */
  async open(): Promise<void> {
    for (const [index, { address, dialect }] of this.#listeners.entries()) {
      if (address.protocol !== 'udp' && address.protocol !== 'tcp') {
        throw new Error('only UDP and TCP can wait')
      }
      const { host, port, protocol } = address
      try {
        const open = protocol === 'udp' ? this.#openUdp : this.#openTcp
        this.#doors.set(index, await open(host, port, dialect))
      } catch (failure) {
        const where = addressText(address)
        const problem = messageOf(listenFailure(failure, { protocol, host, port }, listenKey))
        this.#failed.push({ address: where, dialect, problem })
        this.#complaints.say(`metrics are not received at ${where}`, { problem })
      }
    }
  }

  status(): ListenStatus[] {
    return [...Array.from(this.#doors.values(), ({ status }) => status), ...this.#failed]
  }

  /** The thread is ready to go on: gives up all that there is. What came so far, by the listener's number. */
  leave(): Early[] {
    const nothing: Early = { datagrams: [], connections: [] }
    this.#hasLeft = true
    return this.#listeners.map((_, index) => {
      return this.#doors.get(index)?.leave(this.#handedOver) ?? nothing
    })
  }

  /** Also after `leave`, where the thread is gone. */
  close(): void {
    if (this.#hasLeft) return this.#handedOver.closeRest()
    for (const door of this.#doors.values()) door.close()
  }

  readonly #openUdp = async (
    host: string,
    port: number,
    dialect: ListenStatus['dialect'],
  ): Promise<Door> => {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (failure) => {
        socket.close()
        reject(failure)
      })
      socket.bind({ address: host, port }, resolve)
    })
    socket.removeAllListeners('error')
    socket.on('error', (failure) => {
      this.#complaints.say('receiving metrics failed', { reason: failure.message })
    })
    const receiveBufferBytes = setReceiveBuffer(socket, this.#receiveBufferBytes, this.#complaints)
    const early = new EarlyDatagrams(socket, this.#receiveBufferBytes, this.#onFirst)
    const address = addressText({ protocol: 'udp', host, port: socket.address().port })
    const close = () => void socket.close()
    return {
      status: { address, dialect, receiveBufferBytes },
      leave(handedOver) {
        const came: Early = { datagrams: early.datagrams.splice(0), connections: [] }
        const descriptor = mayBeHandedOver(socket) ? descriptorOf(socket) : undefined
        if (descriptor === undefined) {
          close()
          return came
        }
        stopReading(socket)
        socket.unref()
        handedOver.add(descriptor, close)
        return { ...came, descriptor }
      },
      close,
    }
  }

  readonly #openTcp = async (
    host: string,
    port: number,
    dialect: ListenStatus['dialect'],
  ): Promise<Door> => {
    const early: Socket[] = []
    const options = { keepAlive: true, keepAliveInitialDelay: 60_000, pauseOnConnect: true }
    const server = createServer(options, (socket) => {
      if (early.length >= mostEarlyConnections) return socket.destroy()
      early.push(socket.on('error', () => undefined))
      this.#onFirst()
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog: 1024 }, resolve)
    })
    server.removeAllListeners('error')
    server.on('error', (failure) => {
      this.#complaints.say('accepting a connection failed', { reason: failure.message })
    })
    const bound = { protocol: 'tcp', host, port: portOf(server) } as const
    return {
      status: { address: addressText(bound), dialect },
      leave(handedOver) {
        server.close()
        const connections = early.splice(0).flatMap((socket) => {
          const fd = descriptorOfStream(socket)
          if (fd === undefined) return []
          handedOver.add(fd, () => socket.destroy())
          return fd
        })
        return { datagrams: [], connections }
      },
      close() {
        server.close()
        for (const socket of early) socket.destroy()
      },
    }
  }
}

/** The datagrams that come before the thread does: as many as the kernel is asked to keep; it keeps those behind them. */
class EarlyDatagrams {
  readonly datagrams: { readonly bytes: Uint8Array; readonly sender: string }[] = []
  #room: number

  constructor(socket: UdpSocket, mostBytes: number, onFirst: () => void) {
    this.#room = mostBytes
    socket.on('message', (bytes, { address }) => {
      this.datagrams.push({ bytes, sender: address })
      // What a datagram takes beside its bytes, in the kernel as here.
      this.#room -= bytes.length + 256
      if (this.#room < 0) stopReading(socket)
      onFirst()
    })
  }
}

const portOf = (server: Server): number => {
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

/** The descriptor of a connection, which net keeps to itself. */
function descriptorOfStream(socket: Socket): number | undefined {
  const fd = (socket as unknown as { _handle?: { fd?: unknown } })._handle?.fd
  if (typeof fd === 'number' && fd >= 0) return fd
  socket.destroy()
  return undefined
}
