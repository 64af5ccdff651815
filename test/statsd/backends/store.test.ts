import { expect, test } from 'vitest'
import { statsdConfig } from '../../../statsd/config.ts'
import { backendsOf } from '../../../statsd/backends/config.ts'

test('metrics go to the store where the config says nothing', () => {
  expect(backendsOf(statsdConfig.parse({}))).toEqual([{ type: 'store' }])
})

test('two of a type need ids', () => {
  const result = statsdConfig.safeParse({ backends: [{ type: 'store' }, { type: 'store' }] })
  expect(result.error?.issues).toMatchObject([
    { path: ['backends', 1], message: expect.stringContaining('"store" already') },
  ])
})
