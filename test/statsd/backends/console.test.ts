import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { printTo } from '../../../statsd/backends/console.ts'
import { atMs, chunkOfFlushes, flush, soon } from './points.ts'

async function printed(prettyprint: boolean): Promise<string> {
  const stream = new PassThrough()
  const backend = printTo(stream, { prettyprint })
  await backend.start()
  await backend.write({ chunk: chunkOfFlushes([flush(1), flush(2)]), mayBeKnown: false }, soon())
  await backend.stop(soon())
  stream.end()
  return await text(stream)
}

test('a JSON object a flush', async () => {
  const lines = (await printed(false)).trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  expect(JSON.parse(lines[0]!)).toEqual({
    timestamp: atMs / 1000 + 10,
    counters: { hits: 25, 'web;zone=1': 10 },
    gauges: { load: -1.5 },
    timer_data: { time: { mean: 15, upper_90: 20, 'histogram.bin_10': 1 } },
    counter_rates: { hits: 2.5, 'web;zone=1': 1 },
    sets: { users: 3 },
    values: { 'statsd.numStats': 5 },
  })
})

test("as Etsy's statsd shows it", async () => {
  const shown = await printed(true)
  expect(shown).toMatch(/^Flushing stats at {2}\w{3} \w{3} \d\d 2026/)
  expect(shown).toContain('counters: { hits: 25')
  expect(shown).toContain('counter_rates: { hits: 2.5')
  expect(shown).not.toContain('null prototype')
})
