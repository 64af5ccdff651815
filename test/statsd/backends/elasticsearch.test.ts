import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BulkSink, startBulkSink } from '../../peers/bulk_sink.ts'
import { backendOf, chunkOfFlushes, flush, instance, soon } from './points.ts'

let sink: BulkSink
beforeEach(async () => {
  sink = await startBulkSink()
})
afterEach(() => sink.stop())

test('points are documents of their stream, as they are in the journal, once', async () => {
  const backend = backendOf({ type: 'elasticsearch', hosts: [sink.url] })
  const chunk = chunkOfFlushes([flush(1), flush(2)])
  expect(await backend.write({ chunk, mayBeKnown: false }, soon())).toEqual([])
  expect(await backend.write({ chunk, mayBeKnown: true }, soon())).toEqual([])
  expect(sink.counts).toMatchObject({ events: 12, doubled: 0 })
  const [{ path, body }] = sink.requests as [BulkSink['requests'][number]]
  expect(path).toBe('/metrics-statsd-default/_bulk')
  const [action, document] = body.toString().split('\n')
  expect(JSON.parse(action!)).toEqual({ create: { _id: `${instance}-0` } })
  expect(JSON.parse(document!)).toMatchObject({
    series: 'hits',
    type: 'counter',
    sum: 25,
    flush: 1,
  })
  await backend.stop(soon())
})
