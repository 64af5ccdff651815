import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { uncompress } from 'snappyjs'
import { PermanentError, RetryableError } from '../../../core/errors.ts'
import type { MetricPoint } from '../../../store/points.ts'
import { readWriteRequest } from '../../../statsd/prometheus/remote_write/write_request.ts'
import { atMs, backendOf, chunkOfFlushes, flush, instance, soon } from './points.ts'

let url: string
let requests: { headers: IncomingHttpHeaders; samples: string[] }[]
let answers: (number | 'reset')[]
const server = createServer(async (request, response) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const series = [...readWriteRequest(uncompress(Buffer.concat(parts)), () => {})]
  const samples = series.map(({ labels, samples: [sample] }) => {
    const text = labels.map(([name, value]) => `${name}=${value}`).join(',')
    return `${text} ${sample!.value} ${sample!.atMs - atMs}`
  })
  requests.push({ headers: request.headers, samples })
  const answer = answers.shift() ?? 204
  if (answer === 'reset') request.socket.destroy()
  else response.writeHead(answer, { 'retry-after': '7' }).end(answer >= 400 ? 'why\nso' : '')
})

beforeEach(async () => {
  requests = []
  answers = []
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/api/v1/write`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const remoteWrite = (config: object = {}) => backendOf({ type: 'remote_write', url, ...config })
const hits = (number: number, sum: number): MetricPoint => {
  const at = atMs + number * 1000
  return {
    atMs: at,
    series: 'hits',
    type: 'counter',
    instance,
    flush: number,
    intervalMs: 1000,
    sum,
    count: 1,
  }
}
const send = (backend = remoteWrite(), flushes = [flush()]) =>
  backend.write({ chunk: chunkOfFlushes(flushes), mayBeKnown: false }, soon())
const sent = () => requests.flatMap(({ samples }) => samples)

test('a flush as samples: labels sorted, counters added up, timers in seconds', async () => {
  expect(await send(remoteWrite({ external_labels: { weir: 'a', zone: 'outer' } }))).toEqual([])
  expect(sent()).toEqual([
    '__name__=hits_total,weir=a,zone=outer 25 10000',
    '__name__=web_total,weir=a,zone=1 10 10000',
    '__name__=load,weir=a,zone=outer -1.5 10000',
    '__name__=users,weir=a,zone=outer 3 10000',
    expect.stringMatching(/^__name__=time,quantile=0.5,weir=a,zone=outer 0.01\d* 10000$/),
    expect.stringMatching(/^__name__=time,quantile=0.9,weir=a,zone=outer 0.01\d* 10000$/),
    expect.stringMatching(/^__name__=time,quantile=0.99,weir=a,zone=outer 0.01\d* 10000$/),
    '__name__=time_sum,weir=a,zone=outer 0.03 10000',
    '__name__=time_count,weir=a,zone=outer 2 10000',
    '__name__=statsd_numStats,weir=a,zone=outer 5 10000',
  ])
  expect(requests[0]!.headers).toMatchObject({
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
    'user-agent': 'Weir',
  })
})

test('what is sent again was added up once', async () => {
  const backend = remoteWrite({ total_suffix: false })
  answers = [500, 'reset', 429]
  const first = chunkOfFlushes([[hits(1, 5)], [hits(2, 1)]])
  for (let attempt = 0; attempt < 3; attempt++) {
    const failure = await backend
      .write({ chunk: first, mayBeKnown: true }, soon())
      .catch((thrown: unknown) => thrown)
    expect(failure).toBeInstanceOf(RetryableError)
  }
  await backend.write({ chunk: first, mayBeKnown: true }, soon())
  const { chunk } = { chunk: { ...chunkOfFlushes([[hits(3, 4)]]), segment: 'next' } }
  await backend.write({ chunk, mayBeKnown: false }, soon())
  const once = ['__name__=hits 5 1000', '__name__=hits 6 2000']
  expect(sent()).toEqual([...once, ...once, ...once, ...once, '__name__=hits 10 3000'])
})

test('after one of several requests failed, only the rest is sent', async () => {
  const backend = remoteWrite({ max_samples: 1 })
  answers = [204, 503]
  const chunk = chunkOfFlushes([[hits(1, 1)], [hits(2, 1)], [hits(3, 1)]])
  await expect(backend.write({ chunk, mayBeKnown: false }, soon())).rejects.toMatchObject({
    retryAfterMs: 7000,
  })
  await backend.write({ chunk, mayBeKnown: true }, soon())
  expect(sent().map((sample) => sample.split(' ')[1])).toEqual(['1', '2', '2', '3'])
})

test('400 is for good, for what was in that request; what says that the config is wrong is not', async () => {
  const backend = remoteWrite({ max_samples: 1 })
  answers = [204, 400, 204]
  const chunk = chunkOfFlushes([[hits(1, 1)], [hits(2, 1)], [hits(3, 1)]])
  const target = new URL(url).host
  expect(await backend.write({ chunk, mayBeKnown: false }, soon())).toEqual([
    { index: 1, reason: 'target_refused', detail: `${target} answered 400: why so`, target },
  ])
  expect(sent().at(-1)).toBe('__name__=hits_total 3 3000')
  for (const status of [401, 404]) {
    answers = [status]
    await expect(send(remoteWrite())).rejects.toBeInstanceOf(PermanentError)
  }
})

test('points of others go as they are, at their own time', async () => {
  const value: MetricPoint = {
    atMs: atMs + 123,
    series: 'host.cpu-x.user;host=we b;1st=y',
    type: 'value',
    instance,
    last: 0.25,
  }
  await send(remoteWrite({ metrics: 'all' }), [[value]])
  expect(sent()).toEqual(['_1st=y,__name__=host_cpu_x_user,host=we b 0.25 123'])
})

test('authorization and headers', async () => {
  await send(
    remoteWrite({ username: 'me', password: 'se:cret', headers: { 'X-Scope-OrgID': 'a' } }),
  )
  await send(remoteWrite({ bearer_token: 'a-token-of-16-characters' }))
  expect(requests.map(({ headers }) => headers.authorization)).toEqual([
    `Basic ${Buffer.from('me:se:cret').toString('base64')}`,
    'Bearer a-token-of-16-characters',
  ])
  expect(requests[0]!.headers['x-scope-orgid']).toBe('a')
})

test('check: reachable, refused, down', async () => {
  const backend = remoteWrite()
  expect(await backend.check(soon())).toEqual([])
  answers = [404]
  expect(await backend.check(soon())).toEqual([
    { problem: `${new URL(url).host} answered 404: why so` },
  ])
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  expect(await backend.check(soon())).toMatchObject([
    { problem: expect.stringMatching(/ECONNREFUSED/) },
  ])
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

test('samples have to come in order: one request at a time', () => {
  expect(() => remoteWrite({ concurrency: 2 })).toThrow('in order')
})
