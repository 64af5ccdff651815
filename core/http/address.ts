import { isIPv6 } from 'node:net'

/** Something an HTTP port can be: an address, a Unix socket, or a socket somebody else opened. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number }

/**
 * Reads `127.0.0.1:4400`, `[::1]:4400`, `:4400` (every address), `4400` (loopback),
 * `unix:/run/weir.sock` or `fd:3`; undefined when it is none of these.
 */
export function parseListen(text: string): ListenAddress | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length).replace(/^\/\//, '')
    return path.startsWith('/') ? { kind: 'unix', path } : undefined
  }
  const descriptor = /^fd:(?:\/\/)?(\d{1,6})$/.exec(text)
  if (descriptor) return { kind: 'fd', fd: Number(descriptor[1]) }
  const match = /^(?:tcp:\/\/)?(?:\[([^\]]+)\]:|([^:[\]/]*):|)(\d{1,5})$/.exec(text)
  if (!match) return undefined
  const [, six, name, digits] = match
  const port = Number(digits)
  if (port > 65_535 || (six !== undefined && !isIPv6(six))) return undefined
  const host = six ?? name ?? '127.0.0.1'
  return { kind: 'tcp', host: host === '' || host === '*' ? '::' : host, port }
}

/** The way `parseListen` reads it. */
export function formatListen(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  if (address.kind === 'fd') return `fd:${address.fd}`
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}
