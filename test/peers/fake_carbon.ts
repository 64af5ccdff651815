import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { waitFor } from './process.ts'

/** One flush: values by name. */
export interface CarbonFlush {
  readonly seconds: number
  readonly values: ReadonlyMap<string, string>
}

/** Takes Graphite's plaintext protocol, and tells what came flush by flush. */
export class FakeCarbon {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #flushes: CarbonFlush[] = []
  /** Names that are about the sending itself, and have times of their own. */
  readonly #ignored: RegExp
  #taken = 0
  port = 0

  constructor(ignored: RegExp) {
    this.#ignored = ignored
    // Who sends a flush ends his side; the answer is the end of ours.
    this.#server = createServer((socket) => this.#take(socket))
  }

  /** @param port 0 for any that is free. */
  async start(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as { port: number }).port
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  /** The flush after the one that was asked for before. */
  async next(): Promise<CarbonFlush> {
    await waitFor('a flush', () => this.#flushes.length > this.#taken)
    return this.#flushes[this.#taken++]!
  }

  /** All that came, in order; a flush that came twice is there twice. */
  get all(): readonly CarbonFlush[] {
    return this.#flushes
  }

  /** How many have come that nobody asked for yet. */
  get waiting(): number {
    return this.#flushes.length - this.#taken
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket)
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => (text += part))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('end', () => this.#read(text))
  }

  #read(text: string): void {
    const bySecond = new Map<number, Map<string, string>>()
    for (const line of text.split('\n')) {
      const [name, value, seconds] = line.split(' ')
      if (name === undefined || seconds === undefined || this.#ignored.test(name)) continue
      const values = bySecond.get(Number(seconds)) ?? new Map<string, string>()
      bySecond.set(Number(seconds), values.set(name, value!))
    }
    for (const [seconds, values] of bySecond) this.#flushes.push({ seconds, values })
  }
}
