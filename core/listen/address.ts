import { isIP } from 'node:net'
import { z } from 'zod'

/** A host and port to listen on; port 0 lets the system choose. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/**
 * Reads `udp://0.0.0.0:5514`, `0.0.0.0:5514`, `[::1]:5514`, `:5514`, `5514` or `0.0.0.0`. What is left
 * out is 0.0.0.0 and `defaultPort`. Returns a sentence when the text is no such address.
 */
export function parseAddress(
  text: string,
  scheme: 'udp' | 'tcp',
  defaultPort: number,
): HostPort | string {
  const example = `write it like ${scheme}://0.0.0.0:${defaultPort} or [::]:${defaultPort}`
  const [, prefix, rest = ''] = /^(?:([a-z0-9+.-]+):\/\/)?(.*)$/i.exec(text.trim()) ?? []
  if (prefix !== undefined && prefix.toLowerCase() !== scheme) {
    return `"${text}" begins with ${prefix}://, but this input listens on ${scheme}; ${example}`
  }
  if (isIP(rest) !== 0) return { host: rest, port: defaultPort }
  if (/^\d+$/.test(rest)) return portOf(rest, '0.0.0.0', text, example)
  const parts = /^(?:\[([^\]]+)\]|([^:[\]/]*))(?::(\d+))?$/.exec(rest)
  if (!parts) return `"${text}" is not an address to listen on; ${example}`
  const [, bracketed, plain, port] = parts
  if (bracketed !== undefined && isIP(bracketed.split('%')[0]!) !== 6) {
    return `"${bracketed}" is not an IPv6 address; ${example}`
  }
  return portOf(port ?? String(defaultPort), bracketed ?? (plain || '0.0.0.0'), text, example)
}

function portOf(port: string, host: string, text: string, example: string): HostPort | string {
  if (Number(port) <= 65_535) return { host, port: Number(port) }
  return `"${text}" has a port above 65535; ${example}`
}

/** The `listen` option: one address or several. */
export const listen = (scheme: 'udp' | 'tcp', defaultPort: number) =>
  z
    .union([z.string(), z.int().min(0).max(65_535), z.array(z.string()).min(1)])
    .default(`${scheme}://0.0.0.0:${defaultPort}`)
    .transform((value, context) => {
      const texts = Array.isArray(value) ? value : [String(value)]
      return texts.map((text) => {
        const address = parseAddress(text, scheme, defaultPort)
        if (typeof address !== 'string') return address
        context.addIssue({ code: 'custom', message: address })
        return z.NEVER
      })
    })
    .describe(
      `Addresses to listen on: \`${scheme}://0.0.0.0:${defaultPort}\`, \`[::]:port\`, a list`,
    )
