import { describe, expect, test } from 'vitest'
import { createTestApp } from './app.ts'

const tokens = [
  { name: 'shipper', secret: 'ship-ship-ship-ship' },
  { name: 'grafana', secret: 'read-read-read-read', scopes: ['read'] },
  { name: 'root', secret: 'root-root-root-root', scopes: ['admin'] },
]
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

interface Call {
  readonly method?: 'GET' | 'POST' | 'OPTIONS'
  readonly url?: string
  readonly peer?: string
  readonly headers?: Record<string, string>
  readonly config?: Record<string, unknown>
}

async function call({
  method = 'POST',
  url = '/in/test',
  peer = '127.0.0.1',
  headers = {},
  config = {},
}: Call) {
  const { http, received } = createTestApp({ tokens, ...config })
  const reply = await http.app.inject({
    method,
    url,
    remoteAddress: peer,
    headers: { host: '127.0.0.1:4400', ...headers },
    ...(method === 'POST' ? { payload: 'hello' } : {}),
  })
  const body: { error?: { code: string } } = reply.body.startsWith('{') ? reply.json() : {}
  return { status: reply.statusCode, code: body.error?.code, headers: reply.headers, received }
}

describe('who needs a token', () => {
  const remote = '10.1.2.3'
  const cases: [name: string, call: Call, status: number, code?: string][] = [
    ['loopback needs none', {}, 200],
    ['IPv6 loopback needs none', { peer: '::1' }, 200],
    ['mapped loopback needs none', { peer: '::ffff:127.0.0.1' }, 200],
    ['another machine does', { peer: remote }, 401, 'token_needed'],
    ['a wrong one does not help', { peer: remote, headers: bearer('x') }, 401, 'token_needed'],
    ['a right one does', { peer: remote, headers: bearer('ship-ship-ship-ship') }, 200],
    ['as a password too', { peer: remote, headers: basic('u', 'ship-ship-ship-ship') }, 200],
    ['as a user name too', { peer: remote, headers: basic('ship-ship-ship-ship', '') }, 200],
    [
      'its scope counts',
      { peer: remote, headers: bearer('read-read-read-read') },
      403,
      'scope_missing',
    ],
    ['admin may everything', { peer: remote, headers: bearer('root-root-root-root') }, 200],
    [
      'a proxy on loopback brings others',
      { headers: { 'x-forwarded-for': remote } },
      401,
      'token_needed',
    ],
    ['whatever header it uses', { headers: { forwarded: 'for=10.0.0.1' } }, 401, 'token_needed'],
    [
      'without tokens other machines are refused',
      { peer: remote, config: { tokens: [] } },
      401,
      'token_needed',
    ],
    ['health checks are open', { method: 'GET', url: '/healthz', peer: remote }, 200],
    ['readiness too', { method: 'GET', url: '/readyz', peer: remote }, 200],
    ['metrics need read', { method: 'GET', url: '/metrics', peer: remote }, 401, 'token_needed'],
    [
      'read opens metrics',
      { method: 'GET', url: '/metrics', peer: remote, headers: bearer('read-read-read-read') },
      200,
    ],
    ['status needs read', { method: 'GET', url: '/api/status', peer: remote }, 401, 'token_needed'],
  ]
  test.each(cases)('%s', async (_name, request, status, code) => {
    const reply = await call(request)
    expect(reply).toMatchObject({ status, ...(code ? { code } : {}) })
    expect(reply.received).toHaveLength(
      status === 200 && (request.method ?? 'POST') === 'POST' ? 1 : 0,
    )
    expect(reply.headers['www-authenticate']).toBe(
      status === 401 ? 'Bearer realm="weir"' : undefined,
    )
  })
})

describe('pages in a browser', () => {
  const base_url = 'https://obs.example.com/weir/'
  const cors = { origins: ['https://app.example.com'] }
  const cases: [name: string, call: Call, status: number, code?: string][] = [
    [
      'a foreign page may not post',
      { headers: { origin: 'https://evil.example' } },
      403,
      'origin_not_allowed',
    ],
    ['nor one without a name', { headers: { origin: 'null' } }, 403, 'origin_not_allowed'],
    [
      'nor with a token',
      { headers: { origin: 'https://evil.example', ...bearer('root-root-root-root') } },
      403,
    ],
    ['nor from another port', { headers: { origin: 'http://127.0.0.1:3000' } }, 403],
    [
      'nor read',
      { method: 'GET', url: '/metrics', headers: { origin: 'https://evil.example' } },
      403,
    ],
    [
      'nor as a script tag',
      {
        method: 'GET',
        url: '/metrics',
        headers: { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
      },
      403,
    ],
    [
      'a link may lead here',
      {
        method: 'GET',
        url: '/',
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      },
      200,
    ],
    ['own pages may', { headers: { origin: 'http://127.0.0.1:4400' } }, 200],
    [
      'those under base_url may',
      { headers: { origin: 'https://obs.example.com' }, config: { base_url } },
      200,
    ],
    [
      'listed ones may post',
      { headers: { origin: 'https://app.example.com' }, config: { cors } },
      200,
    ],
    [
      'listed ones may not read',
      {
        method: 'GET',
        url: '/metrics',
        headers: { origin: 'https://app.example.com' },
        config: { cors },
      },
      403,
    ],
    [
      'a name bound to us by an attacker',
      { headers: { host: 'evil.example:4400' } },
      403,
      'host_not_allowed',
    ],
    ['localhost is ours', { headers: { host: 'localhost:4400' } }, 200],
    ['an address is ours', { headers: { host: '[::1]:4400' } }, 200],
    [
      'a listed name is ours',
      { headers: { host: 'Logs.internal:4400' }, config: { hosts: ['logs.internal'] } },
      200,
    ],
    [
      "base_url's name is ours",
      { headers: { host: 'obs.example.com' }, config: { base_url } },
      200,
    ],
    [
      'with a token any name does',
      { headers: { host: 'x.example', ...bearer('ship-ship-ship-ship') } },
      200,
    ],
  ]
  test.each(cases)('%s', async (_name, request, status, code) => {
    expect(await call(request)).toMatchObject({ status, ...(code ? { code } : {}) })
  })

  test('a preflight is answered for listed pages only', async () => {
    const ask = (origin: string) =>
      call({
        method: 'OPTIONS',
        config: { cors },
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-private-network': 'true',
        },
      })
    const listed = await ask('https://app.example.com')
    expect(listed.status).toBe(204)
    expect(listed.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': 'POST',
      'access-control-allow-private-network': 'true',
    })
    const foreign = await ask('https://evil.example')
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined()
    expect(foreign.headers['access-control-allow-methods']).toBeUndefined()
  })
})

describe('proxies', () => {
  const config = { trusted_proxies: ['10.0.0.0/8'] }
  const auth = bearer('ship-ship-ship-ship')
  const addressSeen = async (peer: string, forwarded: string) => {
    const headers = { 'x-forwarded-for': forwarded, ...auth }
    const { received } = await call({ peer, headers, config })
    return received[0]?.remoteAddress
  }

  test('only trusted ones are believed about who the client is', async () => {
    expect(await addressSeen('10.0.0.1', '1.2.3.4')).toBe('1.2.3.4')
    expect(await addressSeen('10.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.2')).toBe('1.2.3.4')
    expect(await addressSeen('192.0.2.1', '1.2.3.4')).toBe('192.0.2.1')
  })

  test('only trusted ones are believed about the name', async () => {
    const base = { base_url: 'https://obs.example.com/', ...config }
    const headers = {
      origin: 'https://other.example',
      'x-forwarded-host': 'other.example',
      ...auth,
    }
    expect((await call({ peer: '10.0.0.1', headers, config: base })).status).toBe(200)
    expect((await call({ peer: '192.0.2.1', headers, config: base })).status).toBe(403)
  })
})
