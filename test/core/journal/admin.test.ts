import { expect, test } from 'vitest'
import {
  catJournal,
  forgetReader,
  listJournal,
  seekReader,
  verifyJournal,
} from '../../../core/journal/admin.ts'
import { SimulatedDisk } from '../../simulated_files.ts'
import { everything, linesOf, numbersOf, openJournal, startWriter } from './setup.ts'

const options = { id: 'out', wants: () => true, maxLag: undefined }

/** Two segments with 1 to 3 (tag a) and 4 (tag b), and a reader at the start. */
async function given() {
  const disk = new SimulatedDisk(1)
  const files = disk.mount()
  let nowMs = Date.parse('2026-11-21T10:00:00Z')
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() }
  const world = { files, dataFolder: '/data', clock, options: { segmentBytes: 100 } }
  const journal = await openJournal(world)
  const writer = await startWriter(journal, world)
  await writer.append([linesOf([1, 2, 3], { tag: 'a' })])
  nowMs += 60_000
  await writer.append([linesOf([4], { tag: 'b' })])
  const reader = await journal.reader(options)
  return { disk, files, journal, writer, reader }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('ls: lag in bytes, events and seconds; a stopped Weir does not know what is configured', async () => {
  const { files, journal, reader } = await given()
  const { readers, partitions, segments } = await listJournal(journal, files)
  expect(readers).toMatchObject([
    { id: 'out', lag_events: 4, lag_seconds: 60, configured: true, segment: null },
  ])
  expect(partitions).toMatchObject([{ name: 'collector-0', events: 4 }])
  expect(segments.map(({ events }) => events)).toEqual([3, 1, 0])
  await journal.release(reader)
  expect((await listJournal(journal, files)).readers[0]).toMatchObject({ configured: null })
})

test('cat: by tag, stream, id and time', async () => {
  const { files, journal } = await given()
  const numbers = async (chosen: Parameters<typeof catJournal>[2]) =>
    (await collect(catJournal(journal, files, chosen))).map(
      ({ line }) => (JSON.parse(line) as { n: number }).n,
    )
  expect(await numbers({})).toEqual([1, 2, 3, 4])
  expect(await numbers({ matches: (tag) => tag === 'b' })).toEqual([4])
  expect(await numbers({ stream: 'logs-a-default' })).toEqual([1, 2, 3])
  expect(await numbers({ from: '2026-11-21T10:00:30Z' })).toEqual([4])
  const [, second] = await collect(catJournal(journal, files, {}))
  expect(await numbers({ from: second!.id })).toEqual([2, 3, 4])
  await expect(numbers({ from: 'yesterday' })).rejects.toThrow('is no place in the journal')
})

test('verify names what is damaged, and cat gives the rest', async () => {
  const { disk, files, journal } = await given()
  expect(await collect(verifyJournal(journal, files))).toEqual([])
  const [events] = [...disk.files.keys()].filter((path) => path.endsWith('.ndjson'))
  disk.rot(events!, 30)
  const [problem, ...others] = await collect(verifyJournal(journal, files))
  expect(problem).toMatchObject({ file: events, offset: 0 })
  expect(others).toEqual([])
  const lines: string[] = []
  const cat = async () => {
    for await (const { line } of catJournal(journal, files, {})) lines.push(line)
  }
  await expect(cat()).rejects.toThrow('left out what is damaged')
  expect(lines).toHaveLength(1)
})

test('seek: an open and an absent reader; what is sent again counts as known', async () => {
  const { files, journal, reader } = await given()
  const limits = { bytes: 1e6, ageMs: 0 }
  const first = (await reader.read(limits, AbortSignal.timeout(20_000)))!
  await first.reserve()
  await seekReader(journal, files, 'out', 'start')
  const again = (await reader.read(limits, AbortSignal.timeout(20_000)))!
  expect(numbersOf(again.chunk)).toEqual([1, 2, 3])
  expect(again.mayBeKnown).toBe(true)
  await journal.release(reader)
  await seekReader(journal, files, 'out', '2026-11-21T10:00:30Z')
  const absent = await journal.reader(options)
  const later = (await absent.read(limits, AbortSignal.timeout(20_000)))!
  expect(numbersOf(later.chunk)).toEqual([4])
  await seekReader(journal, files, 'out', 'end')
  expect(await everything(absent)).toEqual([])
  await expect(seekReader(journal, files, 'other', 'end')).rejects.toThrow('the readers are out')
  await expect(seekReader(journal, files, 'out', 'begin')).rejects.toThrow(
    'write start, end, an ISO time such as',
  )
})

test('seek to an event: one of this journal', async () => {
  const { files, journal, reader } = await given()
  const [, second] = await collect(catJournal(journal, files, {}))
  await seekReader(journal, files, 'out', second!.id)
  const foreign = '01M81B6W000000000000000000-499'
  for (const id of [foreign, second!.id.replace(/\d+$/, '4')]) {
    await expect(seekReader(journal, files, 'out', id)).rejects.toThrow('is not in this journal')
  }
  expect(await everything(reader)).toEqual([2, 3, 4])
})

test('forget: only a reader that is not at work; then its segments go', async () => {
  const { disk, journal, reader } = await given()
  const fast = await journal.reader({ ...options, id: 'fast' })
  await everything(fast)
  await expect(forgetReader(journal, 'out')).rejects.toThrow('is at work')
  await journal.release(reader)
  await forgetReader(journal, 'out')
  expect(journal.partitions[0]!.segments.length).toBeLessThan(3)
  expect([...disk.files.keys()].filter((path) => path.includes('out'))).toEqual([])
})
