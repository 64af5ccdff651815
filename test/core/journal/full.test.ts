import { expect, test } from 'vitest'
import { type Files, systemFiles } from '../../../core/files.ts'
import { SimulatedDisk } from '../../simulated_files.ts'
import { Scenario } from './scenario.ts'
import { everything, linesOf, openJournal, startWriter, type TestWorld } from './setup.ts'
import { eventually } from '../../eventually.ts'
import { temporaryFolder } from '../../temporary_folder.ts'

/** Appends of about 230 kB, more than the tenth of `maxDisk` that is kept free. */
const large = (n: number) => linesOf([n], { pad: 230_000 })

async function world(whenFull: 'block' | 'drop_newest' | 'drop_oldest'): Promise<TestWorld> {
  return {
    files: systemFiles,
    dataFolder: await temporaryFolder('full'),
    options: { maxDisk: 2_000_000, segmentBytes: 256_000, whenFull },
    counts: new Map(),
  }
}

test('without a reader the newest is kept, however large what arrives at once', async () => {
  const given = await world('block')
  const journal = await openJournal(given)
  const writer = await startWriter(journal, given)
  for (let n = 0; n < 40; n++) expect(await writer.append([large(n)])).toBe('durable')
  expect(journal.space.used).toBeLessThanOrEqual(2_000_000)
  await writer.close(AbortSignal.timeout(5000))
})

test('drop_oldest makes room for what is larger than the room kept free, and counts', async () => {
  const given = await world('drop_oldest')
  const journal = await openJournal(given)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  const writer = await startWriter(journal, given)
  for (let n = 0; n < 40; n++) expect(await writer.append([large(n)])).toBe('durable')
  expect(given.counts?.get('reader.slow dropped_oldest')).toBeGreaterThan(25)
  await writer.close(AbortSignal.timeout(5000))
  await journal.release(reader)
})

test('what drop_oldest takes while a reader opens it was dropped, and is no damage', async () => {
  const opening = Promise.withResolvers<void>()
  const taken = Promise.withResolvers<void>()
  let isFirst = true
  const files: Files = {
    ...systemFiles,
    open: async (path, flags) => {
      if (flags === 'r' && isFirst) {
        isFirst = false
        opening.resolve()
        await taken.promise
      }
      return await systemFiles.open(path, flags)
    },
  }
  const given = { ...(await world('drop_oldest')), files }
  const journal = await openJournal(given)
  const writer = await startWriter(journal, given)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  for (let n = 0; n < 2; n++) await writer.append([large(n)])
  const reading = everything(reader)
  await opening.promise
  for (let n = 2; n < 20; n++) await writer.append([large(n)])
  taken.resolve()
  const found = new Set([...(await reading), ...(await everything(reader))])
  expect(given.counts?.get('reader.slow corrupt')).toBe(undefined)
  expect(found.size + given.counts!.get('reader.slow dropped_oldest')!).toBe(20)
  await writer.close(AbortSignal.timeout(5000))
  await journal.release(reader)
})

test('drop_newest says what it dropped, and takes events again when there is room', async () => {
  const given = await world('drop_newest')
  const journal = await openJournal(given)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  const writer = await startWriter(journal, given)
  const outcomes = []
  for (let n = 0; n < 12; n++) outcomes.push(await writer.append([large(n)]))
  expect(outcomes.at(-1)).toBe('dropped')
  const dropped = outcomes.filter((outcome) => outcome === 'dropped').length
  expect(given.counts?.get('dropped')).toBe(dropped)
  expect(journal.troubles).toMatchObject([{ kind: 'full' }])
  await journal.release(reader)
  await journal.forget('slow')
  await eventually(() => expect(journal.troubles).toEqual([]))
  expect(await writer.append([large(99)])).toBe('durable')
  await writer.close(AbortSignal.timeout(5000))
})

test('what is more than half of the journal waits for the reader like anything else', async () => {
  const given = await world('block')
  const journal = await openJournal(given)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  const writer = await startWriter(journal, given)
  const half = (n: number) => linesOf([n], { pad: 1_500_000 })
  expect(await writer.append([half(1)])).toBe('durable')
  const second = writer.append([half(2)])
  await eventually(() => expect(journal.troubles).toMatchObject([{ kind: 'full' }]))
  expect(await everything(reader)).toEqual([1])
  expect(await second).toBe('durable')
  expect(await everything(reader)).toEqual([2])
  await writer.close(AbortSignal.timeout(5000))
  await journal.release(reader)
})

test('drop_oldest makes room for more than half of the journal', async () => {
  const given = await world('drop_oldest')
  const journal = await openJournal(given)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  const writer = await startWriter(journal, given)
  for (let n = 0; n < 4; n++) {
    expect(await writer.append([linesOf([n], { pad: 1_500_000 })])).toBe('durable')
  }
  expect(given.counts?.get('reader.slow dropped_oldest')).toBe(3)
  await writer.close(AbortSignal.timeout(5000))
  await journal.release(reader)
})

test('what could never fit is refused instead of waited for', async () => {
  const given = await world('block')
  const journal = await openJournal(given)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  const writer = await startWriter(journal, given)
  await writer.append([large(0)])
  const tooLarge = writer.append(Array.from({ length: 9 }, (_, n) => large(n)))
  await expect(tooLarge).rejects.toMatchObject({ code: 'WEIR_REQUEST_TOO_LARGE' })
  await writer.close(AbortSignal.timeout(5000))
  await journal.release(reader)
})

test('what is too large takes with it what waits behind it of the same source, and nothing else', async () => {
  const given = await world('block')
  const journal = await openJournal(given)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  const writer = await startWriter(journal, given)
  await writer.append([large(0)])
  const numbers = Array.from({ length: 9 }, (_, n) => n + 1)
  const from = (keys: string[], n: number) =>
    writer.append([
      linesOf([n], { positions: Object.fromEntries(keys.map((key) => [key, { n }])) }),
    ])
  const tooLarge = writer.append([
    linesOf(numbers, { pad: 230_000, positions: { a: { n: 10 }, b: null } }),
  ])
  const same = [from(['b', 'c'], 11), from(['c'], 12), from(['a'], 13)]
  const others = [from(['d'], 21), writer.append([linesOf([22])])]
  for (const refused of [tooLarge, ...same]) {
    await expect(refused).rejects.toMatchObject({ code: 'WEIR_REQUEST_TOO_LARGE' })
  }
  expect(await Promise.all(others)).toEqual(['durable', 'durable'])
  expect(await from(['a'], 10)).toBe('durable')
  expect(writer.positions()).toEqual([
    ['d', { n: 21 }],
    ['a', { n: 10 }],
  ])
  expect(await everything(reader)).toEqual([0, 21, 22, 10])
  await writer.close(AbortSignal.timeout(5000))
  await journal.release(reader)
})

test('a full journal whose next segment could not be opened at once is emptied all the same', async () => {
  const scenario = new Scenario(0, 1, { whenFull: 'block', maxDisk: 4000 })
  await scenario.start()
  scenario.append(0, [2, 4, 6, 6]).catch(() => undefined)
  scenario.append(0, [3, 6, 4, 5]).catch(() => undefined)
  await scenario.openReader('fast')
  let failures = 1
  scenario.disk.fail = () => (failures-- > 0 ? 'ENOSPC' : undefined)
  await scenario.read('fast', 1)
  await scenario.seekToStart('fast')
  await scenario.finish()
})

test('a next segment that could not be opened is opened later, though nothing more arrives', async () => {
  const disk = new SimulatedDisk(1)
  const given = { files: disk.mount(), dataFolder: '/data', options: { segmentBytes: 100 } }
  const journal = await openJournal(given)
  const writer = await startWriter(journal, given)
  disk.fail = ({ kind }) => (kind === 'open' ? 'ENOSPC' : undefined)
  expect(await writer.append([linesOf([1], { pad: 200 })])).toBe('durable')
  await eventually(() => expect(journal.troubles).toMatchObject([{ kind: 'disk' }]))
  disk.fail = () => undefined
  await eventually(() => expect(journal.troubles).toEqual([]))
  expect(journal.partitions[0]!.finished).toHaveLength(1)
  await writer.close(AbortSignal.timeout(5000))
})

test('what a reader passes while its deletion fails is counted as dropped', async () => {
  let passing: (() => Promise<void>) | undefined
  const files: Files = {
    ...systemFiles,
    remove: async (path) => {
      const pass = passing
      passing = undefined
      if (!pass) return await systemFiles.remove(path)
      await pass()
      throw new Error('simulated EIO')
    },
  }
  const given = { ...(await world('drop_oldest')), files }
  const journal = await openJournal(given)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  const writer = await startWriter(journal, given)
  let received = 0
  const readOne = async () => {
    const read = await reader.read({ bytes: 1, ageMs: 0 }, AbortSignal.timeout(5000))
    received += read!.chunk.count
    read!.done()
  }
  passing = readOne
  for (let n = 0; n < 20; n++) await writer.append([large(n)])
  expect(passing, 'a deletion failed').toBeUndefined()
  const dropped = () => given.counts?.get('reader.slow dropped_oldest') ?? 0
  while (reader.lag().events > 0) await readOne()
  expect(received + dropped()).toBe(20)
  await writer.close(AbortSignal.timeout(5000))
  await journal.release(reader)
})
