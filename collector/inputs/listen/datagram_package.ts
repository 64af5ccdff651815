import { createRequire } from 'node:module'
import { ConfigError, messageOf } from '../../../core/errors.ts'
import type { Framing } from '../framing/options.ts'

/** What we use of the package node-unix-socket (N-API, so it fits any Node). */
export interface DatagramSocket {
  bind(path: string): void
  close(): void
  setRecvBufferSize(bytes: number): void
  on(event: 'data', listener: (datagram: Buffer) => void): void
  on(event: 'error', listener: (failure: Error) => void): void
}

/** What keeps datagrams from being taken: the framing, or that the package is missing. */
export function datagramProblem(
  { framing }: { readonly framing: Framing },
  load: () => unknown = loadPackage,
): string | undefined {
  if (framing !== 'newline') {
    return 'a unix input with mode: datagram takes lines; leave framing out, or use mode: stream'
  }
  try {
    load()
    return undefined
  } catch (failure) {
    return messageOf(failure)
  }
}

/** @throws ConfigError when it is not installed. */
export function loadPackage(): () => DatagramSocket {
  const name = 'node-unix-socket'
  try {
    const loaded = createRequire(import.meta.url)(name) as { DgramSocket: new () => DatagramSocket }
    return () => new loaded.DgramSocket()
  } catch (failure) {
    throw new ConfigError(
      'WEIR_CONFIG_INVALID',
      `mode: datagram needs the package ${name}, as Node has no Unix datagram sockets: run "npm install ${name}" beside Weir, or use mode: stream`,
      { cause: failure },
    )
  }
}
