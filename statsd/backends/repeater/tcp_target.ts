import { connect, type Socket } from 'node:net'
import { fullJitter } from '../../../core/backoff.ts'
import type { Context } from '../../../core/context.ts'
import { messageOf } from '../../../core/errors.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { RepeaterTarget } from './target.ts'

const lineEnd = Buffer.from('\n')
const reconnect = { baseMs: 200, maxMs: 10_000 }

/** One target over TCP: a connection that is made again when it breaks; what waits for it is bounded. */
export class TcpTarget implements RepeaterTarget {
  readonly #target: { readonly host: string; readonly port: number }
  readonly #maxPending: number
  readonly #context: Context
  readonly #stopping = new AbortController()
  #socket: Socket | undefined
  #connected = false
  #problem: string | undefined

  constructor(
    target: { readonly host: string; readonly port: number },
    maxPending: number,
    context: Context,
  ) {
    this.#target = target
    this.#maxPending = maxPending
    this.#context = context
    void this.#run()
  }

  send(packet: Uint8Array): boolean {
    const socket = this.#socket
    if (!socket || !this.#connected) return false
    if (socket.writableLength + packet.length + 1 > this.#maxPending) return false
    socket.write(packet)
    socket.write(lineEnd)
    return true
  }

  /** What was handed over is still sent, if the target takes it at once. */
  stop(): void {
    this.#stopping.abort()
    this.#socket?.end()
    this.#socket?.destroySoon()
  }

  status(): JsonObject {
    const { host, port } = this.#target
    return {
      target: `${host}:${port}`,
      connected: this.#connected,
      pending_bytes: this.#socket?.writableLength ?? 0,
      ...(this.#problem !== undefined && { problem: this.#problem }),
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { clock, random } = this.#context
    for (let attempt = 1; !signal.aborted; attempt++) {
      const connected = await this.#connection()
      if (connected) attempt = 1
      if (!signal.aborted) await clock.sleep(fullJitter(attempt, reconnect, random), signal)
    }
  }

  /** Resolves when the connection is over; true when there was one. */
  #connection(): Promise<boolean> {
    return new Promise((resolve) => {
      let wasConnected = false
      const socket = connect({ ...this.#target, noDelay: true })
      this.#socket = socket
      socket.unref()
      socket.on('connect', () => {
        wasConnected = true
        this.#connected = true
        this.#problem = undefined
      })
      socket.on('error', (failure) => (this.#problem = messageOf(failure)))
      socket.on('close', () => {
        this.#connected = false
        resolve(wasConnected)
      })
      // Nothing is expected, and what comes is not kept.
      socket.resume()
    })
  }
}
