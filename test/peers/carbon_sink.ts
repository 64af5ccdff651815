import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** How a connection is treated: read to the end, left hanging, or reset after so many bytes. */
export type Manner = 'read' | 'hang' | { readonly resetAfter: number }

/** A stand-in for carbon's plaintext port: keeps the last value of each name and time, as Whisper would. */
export interface CarbonSink {
  readonly port: number
  /** By `name seconds`. */
  readonly values: ReadonlyMap<string, string>
  /** Bytes of each connection that ended well. */
  readonly connections: readonly Buffer[]
  /** Lines that were no `name value seconds`. */
  readonly invalid: readonly string[]
  manner: () => Manner
  stop(): Promise<void>
}

export async function startCarbonSink(port = 0): Promise<CarbonSink> {
  const values = new Map<string, string>()
  const connections: Buffer[] = []
  const invalid: string[] = []
  const open = new Set<Socket>()
  const state = { manner: (): Manner => 'read' }
  const take = (line: string) => {
    const words = line.trim().split(/\s+/)
    if (words.length === 3 && Number.isFinite(Number(words[1]))) {
      values.set(`${words[0]} ${words[2]}`, words[1]!)
    } else invalid.push(line)
  }
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    const manner = state.manner()
    if (manner === 'hang') return
    const parts: Buffer[] = []
    let text = ''
    let bytes = 0
    socket.on('data', (data) => {
      parts.push(data)
      bytes += data.length
      // Names are ASCII here, or whole in a packet.
      text += data.toString()
      const lines = text.split('\n')
      text = lines.pop()!
      for (const line of lines) take(line)
      if (typeof manner === 'object' && bytes >= manner.resetAfter) socket.resetAndDestroy()
    })
    socket.on('end', () => connections.push(Buffer.concat(parts)))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return {
    port: address.port,
    values,
    connections,
    invalid,
    get manner() {
      return state.manner
    },
    set manner(manner) {
      state.manner = manner
    },
    async stop() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
