import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bulkBody } from '../../store/elasticsearch/bulk/bulk_body.ts'
import { indicesOf } from '../../store/elasticsearch/bulk/indices.ts'
import { chunkOf } from '../collector/outputs/chunks.ts'
import { plainBody } from '../store/elasticsearch/bulk/plain_body.ts'

test('a bulk body is what the plain way makes of any chunk', () => {
  const time = fc
    .date({ min: new Date('2026-11-20'), max: new Date('2026-11-22'), noInvalidDate: true })
    .map((date) => date.toISOString())
  const event = fc.record({ '@timestamp': time, message: fc.string({ unit: 'binary' }) })
  const run = fc.record({
    tag: fc.constantFrom('a', 'b', 'Ü/..'),
    events: fc.array(event, { minLength: 1, maxLength: 12 }),
    ordinal: fc.integer({ min: 0, max: 2 ** 40 }),
  })
  const indices = fc.constantFrom('data_stream', 'dated', 'fixed', 'x-{tag}', 'h-%H')
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), indices, (runs, config) => {
      const chunk = chunkOf(runs)
      const body = bulkBody(chunk, indicesOf(config), (size) => Buffer.alloc(size))
      const plain = plainBody(chunk, config, body.index === undefined)
      expect(body.bytes.toString()).toBe(plain)
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 100) },
  )
})
