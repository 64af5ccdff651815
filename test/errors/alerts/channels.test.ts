import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { PermanentError, RetryableError } from '../../../core/errors.ts'
import { channels } from '../../../errors/alerts/channels/all.ts'
import { composedTest } from '../../../errors/alerts/compose.ts'
import type { Message } from '../../../errors/alerts/message.ts'
import { startSmtp } from './smtp_server.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

interface Request {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** Answers everything alike, and remembers it. */
async function startHttp(status = 200, headers: Record<string, string> = {}, body = 'ok') {
  const requests: Request[] = []
  const server = createHttpServer((request, response) => {
    void text(request).then((sent) => {
      requests.push({ url: request.url!, headers: request.headers, text: sent })
      response.writeHead(status, headers).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}/hook`, requests }
}

const message: Message = {
  ...composedTest('ab'.repeat(16), 'x', 1_770_000_000_000),
  rule: 'new-ones',
  headline: '[shop] 22 alerts: New issue: TypeError: <b>no</b> *price* & @everyone, …',
  items: [
    {
      occasion: 'new_issue',
      project: 'shop',
      issue: 7,
      shortId: 'SHOP-7',
      title: 'TypeError: <b>no</b> *price* & @everyone',
      culprit: 'cart.js in pay',
      level: 'fatal',
      environment: 'production',
      url: 'https://weir.example.com/organizations/weir/issues/7/',
      at: '2026-02-02T03:20:00.000Z',
    },
    {
      occasion: 'missed_check_in',
      project: 'shop',
      title: 'nightly',
      at: '2026-02-02T03:20:00.000Z',
    },
  ],
  count: 22,
  suppressed: { byCap: 3, byCooldown: 0 },
  isTest: false,
}

const world = {
  lookup: async () => [{ address: '127.0.0.1', family: 4 }],
  nowMs: () => 1_770_000_000_000,
}
const attempt = () => ({ mayBeRepeat: false, deadline: AbortSignal.timeout(5_000) })

function channel(config: { type: string; [key: string]: unknown }, given = world) {
  return channels.create(channels.schema.parse(config), given)
}

test('a webhook is signed, over what it says', async () => {
  const { url, requests } = await startHttp()
  const key = Buffer.from('a key of my own')
  const secret = `whsec_${key.toString('base64')}`
  const headers = { authorization: 'Bearer x' }
  const hook = channel({ type: 'webhook', url, secret, headers, allow_private: true })
  expect(await hook.send(message, attempt())).toBe('200 ok')
  const [request] = requests
  const { 'webhook-id': id, 'webhook-timestamp': seconds, authorization } = request!.headers
  expect([id, seconds, authorization]).toEqual([message.id, '1770000000', 'Bearer x'])
  const signed = `${String(id)}.${String(seconds)}.${request!.text}`
  const signature = createHmac('sha256', key).update(signed).digest('base64')
  expect(request!.headers['webhook-signature']).toBe(`v1,${signature}`)
  expect(JSON.parse(request!.text)).toMatchObject({ ...message, may_be_repeat: false })
})

test.each([
  ['slack', '&lt;b&gt;no&lt;/b&gt; *price* &amp; @everyone'],
  ['discord', '"allowed_mentions":{"parse":[]}'],
  ['teams', String.raw`<b>no</b> \\*price\\* & @everyone`],
])(
  '%s gets what it understands, and nothing of an error has an effect there',
  async (type, part) => {
    const { url, requests } = await startHttp()
    await channel({ type, url, allow_private: true }).send(message, {
      ...attempt(),
      mayBeRepeat: true,
    })
    const { text: body } = requests[0]!
    expect(body).toContain(part)
    for (const said of ['and 20 more', '3 over the most of an hour', 'may be a repeat', 'SHOP-7'])
      expect(body).toContain(said)
  },
)

test("PagerDuty's incidents are issues, and what recovers ends them", async () => {
  const { url, requests } = await startHttp(202)
  const pager = channel({ type: 'pagerduty', routing_key: 'R0', url, allow_private: true })
  const [issue, monitor] = message.items
  await pager.send({ ...message, items: [issue!], count: 1 }, attempt())
  const recovered = {
    ...monitor!,
    occasion: 'recovered_check_in' as const,
    environment: 'production',
    data: { monitor: 'nightly' },
  }
  await pager.send({ ...message, items: [recovered], count: 1 }, attempt())
  await pager.send(message, attempt())
  const bodies = requests.map(({ text: body }) => JSON.parse(body) as Record<string, unknown>)
  expect(bodies.map(({ event_action, dedup_key }) => [event_action, dedup_key])).toEqual([
    ['trigger', 'weir-issue-7'],
    ['resolve', 'weir-monitor-shop-nightly-production'],
    ['trigger', `weir-${message.id}`],
  ])
  expect(bodies[0]).toMatchObject({ routing_key: 'R0', payload: { severity: 'critical' } })
})

test('no private address, by number or by name, and no redirect', async () => {
  const { port, url, requests } = await startHttp(302, { location: 'http://10.0.0.1/' })
  const hook = (target: string, given = world) => channel({ type: 'webhook', url: target }, given)
  await expect(hook(url).send(message, attempt())).rejects.toThrow('no public address (127.0.0.1)')
  const named = hook(`http://hooks.example.com:${port}/`)
  await expect(named.send(message, attempt())).rejects.toThrow(PermanentError)
  expect(requests).toEqual([])
  const allowed = channel({ type: 'webhook', url, allow_private: true })
  await expect(allowed.send(message, attempt())).rejects.toThrow('answers 302')
  expect(requests).toHaveLength(1)
})

test('a name is resolved once, and what was judged is connected to', async () => {
  const { port, requests } = await startHttp()
  let lookups = 0
  const rebinding = {
    ...world,
    // Public first, then what it is after.
    lookup: async () => [{ address: lookups++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }],
  }
  const url = `http://hooks.example.com:${port}/`
  const hook = channel({ type: 'webhook', url, allow_private: true }, rebinding)
  await hook.send(message, attempt())
  expect(lookups).toBe(1)
  expect(requests[0]!.headers.host).toBe(`hooks.example.com:${port}`)
})

test('what may succeed later is told from what never will', async () => {
  const sendTo = async (status: number, headers = {}) => {
    const { url } = await startHttp(status, headers, 'no')
    return await channel({ type: 'webhook', url, allow_private: true })
      .send(message, attempt())
      .catch((failure: unknown) => failure)
  }
  expect(await sendTo(429, { 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7000 })
  expect(await sendTo(503)).toBeInstanceOf(RetryableError)
  expect(await sendTo(504)).toMatchObject({ fateUnknown: true })
  expect(await sendTo(400)).toBeInstanceOf(PermanentError)
  expect(await sendTo(410)).toBeInstanceOf(PermanentError)
})

test('who does not answer in time may have got it', async () => {
  const time = new AbortController()
  const isOver = () => time.abort(new DOMException('timed out', 'TimeoutError'))
  const server = createServer((socket) => socket.once('data', isOver)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const hook = channel({ type: 'webhook', url: `http://127.0.0.1:${port}/`, allow_private: true })
  const deadline = time.signal
  await expect(hook.send(message, { mayBeRepeat: false, deadline })).rejects.toMatchObject({
    fateUnknown: true,
    message: expect.stringContaining('does not answer in time') as string,
  })
})

test('an answer without end is not read to its end', async () => {
  const { url } = await startHttp(200, {}, 'x'.repeat(1_000_000))
  const said = await channel({ type: 'webhook', url, allow_private: true }).send(message, attempt())
  expect(said.length).toBeLessThan(400)
})

test('mail by SMTP, with one subject line and an id that stays', async () => {
  const smtp = await startSmtp()
  open.push(() => smtp.close())
  const mail = channel({
    type: 'email',
    host: '127.0.0.1',
    port: smtp.port,
    tls: 'never',
    to: ['ops@example.com', 'dev@example.com'],
    from: 'Weir <weir@example.com>',
    user: 'weir',
    password: 'hunter2',
  })
  const headline = 'New issue\r\nBcc: all@example.com'
  expect(await mail.send({ ...message, headline }, attempt())).toContain('taken')
  expect(smtp.mails).toHaveLength(1)
  const [{ to, data, login }] = smtp.mails as [(typeof smtp.mails)[number]]
  expect(to).toEqual(['<ops@example.com>', '<dev@example.com>'])
  expect(login).toBe('weir hunter2')
  expect(data).toContain(`Message-ID: <${message.id}@weir>`)
  expect(data).not.toMatch(/^bcc:/im)
  expect(data).toContain('SHOP-7')
})

test('mail that is refused for good, and mail that may be taken later', async () => {
  const sendTo = async (answer: string) => {
    const smtp = await startSmtp(answer)
    open.push(() => smtp.close())
    const to = { to: ['ops@example.com'], from: 'weir@example.com' }
    return await channel({ type: 'email', host: '127.0.0.1', port: smtp.port, tls: 'never', ...to })
      .send(message, attempt())
      .catch((failure: unknown) => failure)
  }
  expect(await sendTo('550 no such box')).toBeInstanceOf(PermanentError)
  expect(await sendTo('451 try later')).toBeInstanceOf(RetryableError)
})
