import { expect, test } from 'vitest'
import type { Files } from '../../../core/files.ts'
import type { ReaderOptions } from '../../../core/journal/reader.ts'
import { SimulatedDisk } from '../../simulated_files.ts'
import { everything, linesOf, numbersOf, openJournal, startWriter } from './setup.ts'
import { eventually } from '../../eventually.ts'

const limits = { bytes: 1e6, ageMs: 0 }
const soon = () => AbortSignal.timeout(20_000)
const all: ReaderOptions = { id: 'out', wants: () => true, maxLag: undefined }

async function given(segmentBytes = 1e6) {
  const disk = new SimulatedDisk(1)
  const counts = new Map<string, number>()
  const world = { files: disk.mount(), dataFolder: '/data', counts, options: { segmentBytes } }
  const journal = await openJournal(world)
  const writer = await startWriter(journal, world)
  return { disk, counts, world, journal, writer }
}

test('a reader gets the tags it wants, whole chunks of them, however far apart they are', async () => {
  const { journal, writer } = await given(1e8)
  for (let n = 0; n < 20; n++) {
    const others = linesOf([1000 + n], { tag: 'other', pad: n % 2 ? 100 : 40_000 })
    await writer.append([linesOf([n], { tag: 'mine' }), others])
  }
  const reader = await journal.reader({ ...all, wants: (tag) => tag === 'mine' })
  const read = (await reader.read({ bytes: 20_000, ageMs: 0 }, soon()))!
  expect(numbersOf(read.chunk)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  expect(read.chunk.bytes.length).toBeLessThan(20_000)
  read.done()
  expect(await everything(reader)).toEqual([])
  expect(reader.lag()).toEqual({ bytes: 0, events: 0, seconds: 0 })
})

test('a chunk waits for more until it is old enough or full', async () => {
  const { journal, writer } = await given()
  const reader = await journal.reader(all)
  const reading = reader.read({ bytes: 200, ageMs: 60_000 }, soon())
  await writer.append([linesOf([1])])
  await writer.append([linesOf([2])])
  await writer.append([linesOf([3]), linesOf([4])])
  expect(numbersOf((await reading)!.chunk)).toEqual([1, 2, 3])
})

test.each(['is done', 'is given up'])(
  'a reader beyond max_lag skips the oldest, counted; what hung meanwhile %s',
  async (end) => {
    const { counts, journal, writer } = await given(100)
    const reader = await journal.reader({ ...all, maxLag: 300 })
    await writer.append([linesOf([1, 2])])
    const hanging = (await reader.read(limits, soon()))!
    for (let n = 3; n < 13; n++) await writer.append([linesOf([n, -n])])
    await eventually(() => expect(reader.lag().bytes).toBeLessThanOrEqual(300))
    const left = await everything(reader)
    const counted = () => counts.get('reader.out max_lag')
    expect(counted()).toBe(22 - left.length - hanging.chunk.count)
    expect(left.at(-1)).toBe(-12)
    expect(reader.lag().events).toBe(0)
    if (end === 'is done') hanging.done()
    await reader.close()
    const lost = end === 'is done' ? 0 : hanging.chunk.count
    expect(counted()).toBe(22 - left.length - hanging.chunk.count + lost)
  },
)

test('a reservation that the disk refuses is asked for again', async () => {
  const { disk, journal, writer } = await given()
  await writer.append([linesOf([1])])
  const reader = await journal.reader(all)
  const read = (await reader.read(limits, soon()))!
  disk.fail = () => 'ENOSPC'
  await expect(read.reserve()).rejects.toThrow('ENOSPC')
  disk.fail = () => undefined
  await read.reserve()
  expect(sentOf(disk).ordinal).toBeGreaterThanOrEqual(1)
})

test('what is reserved ahead costs no write, is known after a crash, and is given back at the end', async () => {
  const { disk, journal, writer } = await given()
  const reader = await journal.reader(all)
  await writer.append([linesOf([1, 2])])
  await (await reader.read(limits, soon()))!.reserve()
  const ahead = sentOf(disk)
  expect(ahead.ordinal).toBeGreaterThan(2)
  await writer.append([linesOf([3])])
  const next = (await reader.read(limits, soon()))!
  expect(next.mayBeKnown).toBe(false)
  disk.fail = () => 'ENOSPC'
  await next.reserve()
  disk.fail = () => undefined
  expect(sentOf(disk)).toEqual(ahead)
  await reader.close()
  expect(sentOf(disk).ordinal).toBe(3)
})

test('a damaged cursor begins at the start and takes what is there for known', async () => {
  const { disk, world, journal, writer } = await given()
  await writer.append([linesOf([1])])
  await journal.release(await journal.reader(all))
  disk.rot('/data/readers/out.json', 0)
  const again = await openJournal(world)
  const reader = await again.reader(all)
  const read = (await reader.read(limits, soon()))!
  expect(numbersOf(read.chunk)).toEqual([1])
  expect(read.mayBeKnown).toBe(true)
})

test('a segment that fills and ends while its beginning is read is not passed over', async () => {
  const disk = new SimulatedDisk(1).mount()
  const gate = Promise.withResolvers<void>()
  let reads = 0
  const files: Files = {
    ...disk,
    open: async (path, flags) => {
      const file = await disk.open(path, flags)
      if (!path.endsWith('.index')) return file
      const read = async (into: Uint8Array, position: number) => {
        reads += 1
        await gate.promise
        return await file.read(into, position)
      }
      return { ...file, read }
    },
  }
  const world = { files, dataFolder: '/data', options: { segmentBytes: 100 } }
  const journal = await openJournal(world)
  const writer = await startWriter(journal, world)
  const reader = await journal.reader(all)
  const reading = reader.read(limits, soon())
  await eventually(() => expect(reads).toBe(1))
  await writer.append([linesOf([1, 2, 3])])
  await eventually(() => expect(journal.partitions[0]!.segments).toHaveLength(2))
  gate.resolve()
  expect(numbersOf((await reading)!.chunk)).toEqual([1, 2, 3])
})

test('a seek while a read waits neither hangs nor gives anything twice', async () => {
  const { journal, writer } = await given()
  const reader = await journal.reader(all)
  const reading = reader.read(limits, soon())
  await reader.seek({})
  await writer.append([linesOf([1])])
  expect(numbersOf((await reading)!.chunk)).toEqual([1])
  await reader.close()
  expect(await reader.read(limits, soon())).toBeUndefined()
})

test('a segment whose file somebody removed is counted and passed', async () => {
  const { counts, world, journal, writer } = await given(100)
  await writer.append([linesOf([1, 2])])
  await writer.append([linesOf([3])])
  const { folder, segments } = journal.partitions[0]!
  await world.files.remove(`${folder}/${segments[0]!.id}.index`)
  expect(await everything(await journal.reader(all))).toEqual([3])
  expect(counts.get('reader.out corrupt')).toBe(2)
})

/** What the reader's file says of the only partition. */
function sentOf(disk: { files: ReadonlyMap<string, Buffer> }): { ordinal: number } {
  const { sent } = JSON.parse(disk.files.get('/data/readers/out.json')!.toString())
  return Object.values(sent as Record<string, { ordinal: number }>)[0]!
}
