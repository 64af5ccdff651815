import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PartialDelivery } from '../../../core/delivery/output.ts'
import { PermanentError } from '../../../core/errors.ts'
import type { Chunk } from '../../../core/journal/chunk.ts'
import { toForwardTag } from '../../../statsd/forward/flush_format.ts'
import { backendOf, instance, soon } from './points.ts'

let url: string
let bodies: string[]
let answers: [status: number, body: object][]
const server = createServer((request, response) => void answer(request, response))

async function answer(request: IncomingMessage, response: ServerResponse) {
  let text = `${request.method} ${request.url} ${request.headers.authorization ?? ''}\n`
  for await (const part of request) text += String(part)
  bodies.push(text)
  const [status, body] = answers.shift() ?? [200, { accepted: 1 }]
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

beforeEach(async () => {
  bodies = []
  answers = []
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/weir`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const at = '2026-11-21T10:17:30.000Z'
const header = (flush: number) => JSON.stringify({ '@timestamp': at, instance, flush, piece: 0 })
const counter = (series: string) =>
  JSON.stringify({ '@timestamp': at, series, type: 'counter', sum: 1, count: 1 })

/** A chunk as the journal hands it out: whatever its parts, pieces begin with their headers. */
function chunkOf(lines: readonly string[]): Chunk {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const count = lines.length
  const stream = 'metrics-statsd-default'
  const part = { stream, tag: toForwardTag, ordinal: 0, count, start: 0, end: bytes.length }
  return { segment: instance, parts: [part], bytes, count }
}
const two = () => chunkOf([header(1), counter('a'), header(2), counter('b'), counter('c')])
const forward = () => backendOf({ type: 'forward', url, token: 'secret' })
const write = (backend = forward()) => backend.write({ chunk: two(), mayBeKnown: false }, soon())

test('a request a piece, with the token', async () => {
  expect(await write()).toEqual([])
  const head = 'POST /weir/api/statsd/flushes Bearer secret\n'
  expect(bodies).toEqual([
    `${head}${header(1)}\n${counter('a')}\n`,
    `${head}${header(2)}\n${counter('b')}\n${counter('c')}\n`,
  ])
})

test('what arrived before a failure is not sent again', async () => {
  answers = [
    [200, {}],
    [503, {}],
  ]
  const failure = await write().catch((thrown: unknown) => thrown)
  expect(failure).toBeInstanceOf(PartialDelivery)
  expect(failure).toMatchObject({ remaining: [2, 3, 4], fateUnknown: true })
})

test('lines that the other side refuses are refused for good', async () => {
  answers = [
    [200, {}],
    [200, { refused: [{ line: 3, why: 'no' }] }],
  ]
  expect(await write()).toMatchObject([{ index: 4, reason: 'target_refused', detail: 'no' }])
})

test('a whole request that is refused is kept', async () => {
  answers = [[401, { error: 'no token' }]]
  await expect(write()).rejects.toThrow(PermanentError)
})

test('weir check: an empty flush is refused as such only to those who may bring one', async () => {
  answers = [
    [400, {}],
    [401, { error: { code: 'token_needed' } }],
  ]
  expect(await forward().check(soon())).toEqual([])
  expect(await forward().check(soon())).toMatchObject([{ problem: /401.*token_needed/ }])
})

test('only one request at a time, whatever the config says', () => {
  expect(() => backendOf({ type: 'forward', url, concurrency: 2 })).toThrow(/concurrency/)
})
