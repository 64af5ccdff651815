import { z } from 'zod'
import { parseAddress } from '../core/listen/address.ts'

/** Where a part of the metrics daemon listens; `unixgram` is a Unix datagram socket. */
export type MetricsAddress =
  | { readonly protocol: 'udp' | 'tcp'; readonly host: string; readonly port: number }
  | { readonly protocol: 'unix' | 'unixgram'; readonly path: string }

type Protocol = MetricsAddress['protocol']

/**
 * Reads `udp://0.0.0.0:8125`, `tcp://[::]:8125`, `unix:/run/weir/statsd.sock` or `unixgram:/…`. Returns a
 * sentence when the text is no address of one of `protocols`.
 */
export function readMetricsAddress(
  text: string,
  protocols: readonly Protocol[],
  defaultPort: number,
): MetricsAddress | string {
  const [, protocol, rest] = /^([a-z]+):(.*)$/s.exec(text.trim()) ?? []
  const examples = protocols.map((each) => exampleOf(each, defaultPort)).join(', ')
  if (protocol === undefined || !(protocols as readonly string[]).includes(protocol)) {
    return `"${text}" is not an address to listen on; write it like ${examples}`
  }
  if (protocol === 'unix' || protocol === 'unixgram') {
    // Both unix:/run/x and unix:///run/x are written.
    const path = rest!.replace(/^\/\/(?=\/)/, '')
    if (!path.startsWith('/'))
      return `"${text}" needs an absolute path, as ${exampleOf(protocol, 0)}`
    return { protocol, path }
  }
  const scheme = protocol as 'udp' | 'tcp'
  const read = parseAddress(text, scheme, defaultPort)
  return typeof read === 'string' ? read : { protocol: scheme, ...read }
}

const exampleOf = (protocol: Protocol, port: number) =>
  protocol === 'unix' || protocol === 'unixgram'
    ? `${protocol}:/run/weir/statsd.sock`
    : `${protocol}://127.0.0.1:${port}`

/** A config value: one address or a list of them. */
export const metricsAddresses = (protocols: readonly Protocol[], defaultPort: number) =>
  z.union([z.string(), z.array(z.string()).max(64)]).transform((value, context) => {
    const texts = typeof value === 'string' ? [value] : value
    return texts.map((text): MetricsAddress => {
      const read = readMetricsAddress(text, protocols, defaultPort)
      if (typeof read !== 'string') return read
      context.addIssue({ code: 'custom', message: read })
      return z.NEVER
    })
  })
