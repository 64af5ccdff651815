import { isIP } from 'node:net'
import { z } from 'zod'
import { secret } from '../config/secret.ts'
import { duration, size } from '../units.ts'
import { parseListen } from './address.ts'

/** A config value that is an address to listen on. In YAML a port alone is a number. */
export const listenAddress = z.union([z.string(), z.int()]).transform((given, context) => {
  const text = String(given)
  const address = parseListen(text)
  if (address) return address
  const message = `"${text}" is no address: write host:port (127.0.0.1:4400, [::1]:4400, :4400 for every address), unix:/path or fd:3`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const proxy = z.string().refine(
  (text) => {
    if (['loopback', 'linklocal', 'uniquelocal', 'unix'].includes(text)) return true
    const [address = '', bits] = text.split('/')
    const family = isIP(address)
    if (bits === undefined) return family !== 0
    return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  },
  {
    error: 'expected an address, a network (10.0.0.0/8), loopback, linklocal, uniquelocal or unix',
  },
)

const origin = z
  .string()
  .refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text), {
    error: 'expected an origin such as https://app.example.com, without a path, or "*"',
  })

/** What a token may do. */
export const scopes = ['ingest', 'read', 'admin'] as const
export type Scope = (typeof scopes)[number]

const token = z.strictObject({
  name: z.string().min(1).describe('Whose token it is, for logs; never secret'),
  secret: secret(16).describe('What the client sends, at least 16 characters'),
  scopes: z
    .array(z.enum(scopes))
    .min(1)
    .default(['ingest'])
    .describe('`ingest`: POST /in; `read`: /metrics and /api; `admin`: both and all later writes'),
})

/** The HTTP port. */
export const httpConfig = z.strictObject({
  listen: z
    .union([listenAddress, z.array(listenAddress).min(1)])
    .transform((one) => (Array.isArray(one) ? one : [one]))
    .prefault('127.0.0.1:4400')
    .describe(
      'Where it listens, one or a list: `host:port`, `unix:/path`, `fd:3`. Without it, a socket that systemd passed on, or `PORT` on loopback',
    ),
  base_url: z
    .url({ protocol: /^https?$/, error: 'expected a URL such as https://obs.example.com/weir/' })
    .optional()
    .describe('How browsers and clients reach it through a proxy'),
  hosts: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Further names it may be called by in `Host`, beside localhost, addresses and base_url; a request with a token may use any',
    ),
  tls: z
    .strictObject({
      cert: z.string().describe('Path of the certificate chain, PEM; read again on HUP'),
      key: z.string().describe('Path of its private key, PEM'),
    })
    .optional()
    .describe('TLS on its TCP and inherited sockets'),
  tokens: z
    .array(token)
    .default([])
    .describe('Who may come from other machines or through a proxy; none is needed on loopback'),
  trusted_proxies: z
    .array(proxy)
    .default([])
    .describe(
      'Proxies whose X-Forwarded-* headers are believed: addresses, networks, loopback, unix',
    ),
  cors: z
    .strictObject({
      origins: z
        .array(origin)
        .default([])
        .describe('Web pages whose scripts may post to /in, such as https://app.example.com'),
    })
    .prefault({})
    .describe('What pages in a browser may do'),
  max_body_size: size()
    .default(64_000_000)
    .describe('Most bytes of one request body, as sent; above it 413'),
  max_body_memory: size()
    .default(256_000_000)
    .describe('Most bytes of all bodies under way; above it 503 with Retry-After'),
  max_unread_size: size()
    .default(256_000_000)
    .describe(
      'Most bytes of a refused body that are read away, so that its sender sees the answer; above it the connection is closed',
    ),
  max_connections: z.int().min(1).default(10_000).describe('Most connections at once, per address'),
  header_timeout: duration()
    .default(10_000)
    .describe('Most time from connecting to the end of the headers'),
  request_timeout: duration().default(120_000).describe('Most time to receive a whole request'),
  idle_timeout: duration().default(65_000).describe('Most time between two requests'),
})

export type HttpConfig = z.output<typeof httpConfig>
