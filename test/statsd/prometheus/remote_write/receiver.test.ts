import { fastify } from 'fastify'
import { compress } from 'snappyjs'
import { expect, test } from 'vitest'
import { refusalOf } from '../../../../core/http/refusal.ts'
import type { Append } from '../../../../core/journal/batch.ts'
import { decodePoint } from '../../../../store/points.ts'
import { prometheusFields } from '../../../../statsd/prometheus/config.ts'
import { RemoteWriteReceiver } from '../../../../statsd/prometheus/remote_write/receiver.ts'
import { WriteRequestWriter } from '../../../../statsd/prometheus/remote_write/write_request.ts'
import { fakeContext } from '../../../collector/fake_world.ts'

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number, atMs: number]

function receiving(config: object = {}, given: { append?: Append; paused?: string } = {}) {
  const context = fakeContext()
  const lines: string[] = []
  const streams = new Set<string>()
  const append: Append = async (batches) => {
    for (const { bytes, stream } of batches) {
      streams.add(stream)
      lines.push(...Buffer.from(bytes).toString().trimEnd().split('\n'))
    }
    return 'durable'
  }
  const app = fastify()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: unknown, body: unknown) => body,
  )
  app.setErrorHandler((failure, _request, reply) => {
    const refusal = refusalOf(failure)
    if (!refusal) throw failure
    return reply.code(refusal.status).headers(refusal.headers).send(refusal.message)
  })
  const options = prometheusFields.prometheus.parse(config)
  new RemoteWriteReceiver(options, {
    context,
    append: given.append ?? append,
    instance: '01JD0000000000000000000000',
    namespace: 'default',
    paused: () => given.paused,
  }).addRoutes(app)
  const post = async (payload: Buffer, headers: Record<string, string> = {}) => {
    const defaults = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }
    const all = { ...defaults, ...headers }
    const { statusCode, body } = await app.inject({
      method: 'POST',
      url: '/api/v1/write',
      payload,
      headers: all,
    })
    return [statusCode, body] as const
  }
  const points = () => lines.map(decodePoint).map(({ series, last, atMs }) => [series, last, atMs])
  return { post, points, streams, counted: context.counted, context }
}

function message(...samples: Sample[]): Buffer {
  const writer = new WriteRequestWriter()
  for (const [labels, value, atMs] of samples) writer.add(Object.entries(labels), value, atMs)
  return writer.take()
}

const atMs = Date.parse('2026-01-02T03:04:00.000Z')
const up: Sample = [{ __name__: 'up', job: 'a', instance: 'b:1' }, 1, atMs]

test('samples become points, 204 once they are durable', async () => {
  const { post, points, streams } = receiving()
  expect(
    await post(
      compress(message(up, [{ __name__: 'x', name: 'y', 'z;=': '~a;b' }, -2.5, atMs + 1])),
    ),
  ).toEqual([204, ''])
  expect(points()).toEqual([
    ['up;instance=b:1;job=a', 1, atMs],
    ['x;exported_name=y;z__=_a_b', -2.5, atMs + 1],
  ])
  expect([...streams]).toEqual(['metrics-prometheus-default'])
})

test('what is wrong costs only itself, and the sender is told', async () => {
  const { post, points, counted } = receiving({ max_labels: 2 })
  const [status, why] = await post(
    compress(
      message(
        [{ job: 'a' }, 1, atMs],
        [{ __name__: 'a', b: '1', c: '2', d: '3' }, 1, atMs],
        [{ __name__: 'late' }, 1, atMs * 10],
        [{ __name__: 'nan' }, NaN, atMs],
        [{ __name__: 'inf' }, Infinity, atMs],
        up,
      ),
    ),
  )
  expect([status, why]).toEqual([
    400,
    '3 samples were refused, all others taken: a series has no label __name__',
  ])
  expect(points()).toEqual([['up;instance=b:1;job=a', 1, atMs]])
  expect(Object.fromEntries(counted)).toEqual({ bad_sample: 3, not_finite: 2 })
})

test('bodies that cannot be read', async () => {
  const { post, points, counted } = receiving({ max_request_size: 100 })
  expect(await post(Buffer.from('Hello'))).toEqual([400, expect.stringMatching(/snappy/)])
  expect(await post(compress(Buffer.from('hello')))).toEqual([
    400,
    expect.stringMatching(/WriteRequest/),
  ])
  expect(await post(Buffer.alloc(0))).toEqual([400, expect.stringMatching(/snappy/)])
  expect(await post(compress(Buffer.alloc(101)))).toEqual([
    413,
    expect.stringMatching(/max_request_size/),
  ])
  // It says that it is small.
  expect(
    (await post(Buffer.concat([Buffer.from([5]), compress(Buffer.alloc(101)).subarray(1)])))[0],
  ).toBe(400)
  const good = compress(message(up))
  for (const headers of [
    { 'content-encoding': 'gzip' },
    { 'content-type': 'application/json' },
    { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' },
  ]) {
    expect((await post(good, headers as unknown as Record<string, string>))[0]).toBe(415)
  }
  expect(
    (
      await post(good, { 'content-type': 'application/x-protobuf;proto=prometheus.WriteRequest' })
    )[0],
  ).toBe(204)
  expect(points()).toHaveLength(1)
  expect(counted.get('bad_content')).toBe(5)
})

test('while nothing can be taken in the sender is asked to come again', async () => {
  const body = compress(message(up))
  const journalFull = receiving({}, { paused: 'the journal is full' })
  expect(await journalFull.post(body)).toEqual([503, expect.stringMatching(/full/)])
  const dropping = receiving({}, { append: async () => 'dropped' })
  expect((await dropping.post(body))[0]).toBe(503)
  const failing = receiving({}, { append: () => Promise.reject(new Error('no disk')) })
  expect(await failing.post(body)).toEqual([503, 'no disk'])
})

test('two at once, the others in turn, and a failure holds nobody up', async () => {
  let underWay = 0
  let most = 0
  const append: Append = async () => {
    most = Math.max(most, (underWay += 1))
    await new Promise((resolve) => setImmediate(resolve))
    underWay -= 1
    return 'durable'
  }
  const { post } = receiving({}, { append })
  const bodies = [compress(message(up)), Buffer.from('x'), compress(message(up)), Buffer.from('x')]
  const all = await Promise.all([...bodies, ...bodies].map((body) => post(body)))
  expect(all.map(([status]) => status)).toEqual([204, 400, 204, 400, 204, 400, 204, 400])
  expect(most).toBe(2)
})
