/** Retention by size: the oldest rows go, whatever is in one segment. */
import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { embeddedConfig } from '../../../../store/embedded/config.ts'
import { openStore, type TestStore } from '../setup.ts'

const budget = 2_000_000

const retained = (size: object) =>
  embeddedConfig.parse({ retention: { age: '40000d', clock_jump_wait: 0, ...size } }).retention

/** Events that hardly compress, of these numbers. */
function batchOf(stream: string, from: number, count: number, isTimed = true) {
  const lines = Array.from({ length: count }, (_, n) => {
    const time = new Date(Date.UTC(2026, 10, 21, 10) + (isTimed ? from + n : 0)).toISOString()
    const noise = randomBytes(700).toString('base64')
    return `${JSON.stringify({ '@timestamp': time, n: from + n, noise })}\n`
  })
  return { stream, tag: 'noise', bytes: Buffer.from(lines.join('')), count }
}

/** The numbers that are left, in order. */
async function numbersIn(store: TestStore, stream: string): Promise<number[]> {
  const hits = await store.all(stream)
  return hits.map(({ _source }) => (JSON.parse(_source as string) as { n: number }).n)
}

function bytesOf(store: TestStore): number {
  const folder = join(store.folder, 'store/segments')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  return files
    .filter((file) => file.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

test.each([
  ['in one go, of one stream', 1, ['a'], true],
  ['in one go, of several streams', 1, ['a', 'b', 'c'], true],
  ['by and by', 20, ['a'], true],
  ['by and by, of several streams', 20, ['a', 'b', 'c'], true],
  ['all of the same time', 1, ['a'], false],
])(
  'of more than retention.size the newest rows stay: %s',
  async (_, parts, names, isTimed) => {
    const store = await openStore({ retention: retained({ size: budget }) })
    onTestFinished(() => store.close())
    const count = Math.floor(8_000 / parts / names.length)
    for (let part = 0; part < parts; part++) {
      for (const name of names)
        await store.append(batchOf(`logs-${name}`, part * count, count, isTimed))
      await store.engine.refresh()
    }
    await store.engine.compact()
    expect(bytesOf(store)).toBeLessThanOrEqual(budget)
    expect(bytesOf(store)).toBeGreaterThan(budget * 0.85)
    for (const name of names) {
      const numbers = await numbersIn(store, `logs-${name}`)
      expect(numbers.length).toBeGreaterThan(0)
      const isLast = Math.max(...numbers) === parts * count - 1
      const span = Math.max(...numbers) - Math.min(...numbers) + 1
      expect([isLast, span / numbers.length]).toEqual([true, 1])
    }
  },
  60_000,
)

test('of a stream with a size of its own the newest rows stay, and all of the others', async () => {
  const streams = [{ match: 'logs-noisy', size: '1MB' }]
  const store = await openStore({ retention: retained({ size: '1GB', streams }) })
  onTestFinished(() => store.close())
  for (const part of [0, 1]) {
    await store.append(batchOf('logs-noisy', part * 5_000, 5_000))
    await store.append(batchOf('logs-calm', part * 50, 50))
    await store.engine.refresh()
  }
  await store.engine.compact()
  const numbers = await numbersIn(store, 'logs-noisy')
  expect(numbers.length).toBeGreaterThan(800)
  expect(numbers.length).toBeLessThan(1_500)
  expect(Math.max(...numbers)).toBe(9_999)
  expect(await numbersIn(store, 'logs-calm')).toHaveLength(100)
})
