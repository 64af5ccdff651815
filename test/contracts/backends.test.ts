import { once } from 'node:events'
import { createServer } from 'node:http'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Delivery, Output } from '../../core/delivery/output.ts'
import { backends } from '../../statsd/backends/all.ts'
import { printTo } from '../../statsd/backends/console.ts'
import { type BulkSink, startBulkSink } from '../peers/bulk_sink.ts'
import { type CarbonSink, startCarbonSink } from '../peers/carbon_sink.ts'
import { backendOf, chunkOfFlushes, flush, instance } from '../statsd/backends/points.ts'
import { outputContract } from './output_contract.ts'

let bulk: BulkSink
let carbon: CarbonSink
/** Takes whatever is posted, as the receiver of remote write and another Weir do. */
const taker = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200).end('{"taken":true}'))
})
const url = () => `http://127.0.0.1:${(taker.address() as { port: number }).port}`

beforeAll(async () => {
  bulk = await startBulkSink()
  carbon = await startCarbonSink()
  taker.listen(0, '127.0.0.1')
  await once(taker, 'listening')
})
afterAll(async () => {
  await bulk.stop()
  await carbon.stop()
  taker.closeAllConnections()
  taker.close()
})

/** How to make each backend, with a target that works. */
const makers: Record<string, () => Output> = {
  console: () => printTo(new PassThrough().resume(), { prettyprint: false }),
  elasticsearch: () => backendOf({ type: 'elasticsearch', hosts: [bulk.url] }),
  forward: () => backendOf({ type: 'forward', url: url() }),
  graphite: () => backendOf({ type: 'graphite', host: '127.0.0.1', port: carbon.port }),
  remote_write: () => backendOf({ type: 'remote_write', url: `${url()}/api/v1/write` }),
}

it('every backend is in this test', () => {
  expect(Object.keys(makers).toSorted()).toEqual(backends.types.toSorted())
})

let written = 0
const fresh = (): Delivery => {
  written += 1
  const segment = instance.slice(0, -6) + String(written).padStart(6, '0')
  const chunk = chunkOfFlushes([flush(written * 2), flush(written * 2 + 1)])
  return { chunk: { ...chunk, segment }, mayBeKnown: false }
}

for (const [type, make] of Object.entries(makers)) outputContract(type, make, fresh)
