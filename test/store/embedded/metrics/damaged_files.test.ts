import {
  closeSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import type { MetricPoint } from '../../../../store/points.ts'
import { inProcess, openStore, type TestStore } from '../setup.ts'
import { batchOf, metricsOf, nowMs } from './setup.ts'

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

const pointsOf = (name: string, count: number) =>
  Array.from({ length: count }, (_, n): MetricPoint => ({
    atMs: nowMs - n * 10_000,
    series: name,
    type: 'counter',
    instance: 'a',
    intervalMs: 10_000,
    sum: n * 7,
    count: 1,
  }))

/** A store with so many files of points. */
async function filled(files: number, given?: string): Promise<TestStore> {
  store = await openStore({}, inProcess(), given)
  for (let n = 0; n < files; n++) {
    await store.append(batchOf(pointsOf(`web${n}`, 500)))
    await metricsOf(store).refresh()
  }
  return store
}

function paths({ folder }: TestStore): string[] {
  const top = join(folder, 'store/points')
  const names = readdirSync(top, { recursive: true }) as string[]
  return names
    .filter((name) => name.endsWith('.parquet'))
    .toSorted()
    .map((name) => join(top, name))
}

/** Overwrites bytes, all else as it was. */
function overwrite(path: string, bytes: number, at: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(bytes, 0x58), 0, bytes, at)
  closeSync(file)
}

test('points of which some bytes were overwritten are found, wherever they are, fresh and merged', async () => {
  const { engine } = await filled(2)
  const [fresh] = paths(store!)
  overwrite(fresh!, 40, statSync(fresh!).size >> 1)
  const { damaged } = await engine.verify()
  expect(damaged).toMatchObject([
    {
      file: expect.stringMatching(/^points\/fresh\//),
      rows: 500,
      reason: expect.stringContaining('checksum'),
    },
  ])
  await engine.compact()
  const [merged] = paths(store!).filter((path) => path.includes('/raw/'))
  overwrite(merged!, 1, statSync(merged!).size - 20)
  expect((await engine.verify()).damaged).toHaveLength(1)
})

test('files of points that are missing or empty are told from those that were changed', async () => {
  const { engine } = await filled(3)
  const [gone, empty] = paths(store!)
  rmSync(gone!)
  truncateSync(empty!)
  expect(await engine.verify()).toMatchObject({
    verified: 3,
    damaged: [{ reason: 'the file is missing' }, { reason: 'the file is empty' }],
    aside: [],
  })
  expect(await engine.verify()).toMatchObject({
    verified: 1,
    damaged: [],
    aside: [{ reason: 'the file is missing' }, { reason: 'the file is empty' }],
  })
})

test('points of before checksums were kept open, and are verified', async () => {
  const { folder, engine } = await filled(1)
  await engine.stop(AbortSignal.timeout(10_000))
  const manifest = new DatabaseSync(join(folder, 'store/metrics.sqlite'))
  manifest.exec('drop table checksums')
  manifest.close()
  const again = await openStore({}, inProcess(), folder)
  try {
    expect(await again.engine.verify()).toMatchObject({ verified: 1, damaged: [] })
  } finally {
    await again.close()
  }
})
