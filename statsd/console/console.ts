import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Context } from '../../core/context.ts'
import { messageOf } from '../../core/errors.ts'
import { addressText, listenFailure, type ListenAddress } from '../../core/listen/failure.ts'
import type { Lifecycle } from '../../core/lifecycle.ts'
import type { MetricsAddress } from '../listen_address.ts'
import { answerCommand, type ConsoleWorld } from './commands.ts'

/** Longest command; Etsy's statsd takes what a packet brings. */
const maxCommandBytes = 65_536

export interface ConsoleOptions {
  readonly listen: readonly MetricsAddress[]
  /** Whether an address that is taken is a warning: nobody asked for it. */
  readonly mayBeTaken: boolean
  readonly maxConnections: number
}

/** Etsy's management console: a command a line, its answer as text. */
export class Console implements Lifecycle {
  readonly #options: ConsoleOptions
  readonly #world: ConsoleWorld
  readonly #context: Context
  #servers: { readonly server: Server; readonly address: ListenAddress }[] = []
  readonly #sockets = new Set<Socket>()
  #problems: string[] = []

  constructor(options: ConsoleOptions, world: ConsoleWorld, context: Context) {
    this.#options = options
    this.#world = world
    this.#context = context
  }

  /** @throws WeirError WEIR_LISTEN_FAILED for an address of the config. */
  async start(): Promise<void> {
    try {
      for (const wanted of this.#options.listen) await this.#listen(plain(wanted))
    } catch (failure) {
      await this.stop()
      throw failure
    }
  }

  async stop(): Promise<void> {
    const servers = this.#servers.splice(0)
    for (const socket of this.#sockets) socket.destroy()
    for (const { server, address } of servers) {
      const closed = once(server, 'close')
      server.close()
      await closed
      if (address.protocol === 'unix') rmSync(address.path, { force: true })
    }
  }

  /** Where it listens, with the ports that the system gave. */
  status() {
    const listen = this.#servers.map(({ address }) => addressText(address))
    return { listen, ...(this.#problems.length > 0 && { problems: this.#problems }) }
  }

  async #listen(address: ListenAddress): Promise<void> {
    const server = createServer((socket) => this.#serve(socket))
    server.maxConnections = this.#options.maxConnections
    try {
      if (address.protocol === 'unix') server.listen(address.path)
      else server.listen(address.port, address.host)
      await once(server, 'listening')
    } catch (failure) {
      const told = listenFailure(failure, address, 'statsd.console.listen')
      if (!this.#options.mayBeTaken) throw told
      this.#problems.push(told.message)
      this.#context.log.warn(told.message)
      return
    }
    const given = server.address()
    const port = typeof given === 'object' && given ? given.port : 0
    this.#servers.push({
      server,
      address: address.protocol === 'unix' ? address : { ...address, port },
    })
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    this.#answerAll(socket).catch((failure: unknown) => {
      this.#context.log.debug({ err: failure }, `a console ended: ${messageOf(failure)}`)
      socket.destroy()
    })
  }

  /** One after the other, and not faster than they are read. What a packet brings ends a command, as at Etsy's. */
  async #answerAll(socket: Socket): Promise<void> {
    for await (const part of socket.setEncoding('latin1') as AsyncIterable<string>) {
      if (part.length > maxCommandBytes) break
      for (const line of part.trim().split('\n')) {
        const answer = await answerCommand(line, this.#world)
        if (answer === undefined) return void socket.end()
        if (!socket.write(answer))
          await Promise.race([once(socket, 'drain'), once(socket, 'close')])
      }
    }
    socket.end()
  }
}

function plain(address: MetricsAddress): ListenAddress {
  if (address.protocol === 'tcp' || address.protocol === 'unix') return address as ListenAddress
  throw new TypeError('BUG: the console listens on tcp and unix only')
}
