import { expect, test } from 'vitest'
import { verifyJournal } from '../../../core/journal/admin.ts'
import { SimulatedDisk } from '../../simulated_files.ts'
import { everything, linesOf, openJournal, startWriter } from './setup.ts'

/** Segments with 1 to 3, with 4, and an empty one, of a Weir that stopped. */
async function given(segmentBytes = 100) {
  const disk = new SimulatedDisk(1)
  const files = disk.mount()
  const counts = new Map<string, number>()
  const world = { files, dataFolder: '/data', counts, options: { segmentBytes } }
  const journal = await openJournal(world)
  const writer = await startWriter(journal, world)
  await writer.append([linesOf([1, 2, 3])])
  await writer.append([linesOf([4])])
  await writer.close(AbortSignal.timeout(20_000))
  const [first, second] = [...disk.files.keys()].filter((path) => path.endsWith('.ndjson'))
  return { disk, files, counts, world, first: first!, second: second! }
}

const indexOf = (events: string) => events.replace('.ndjson', '.index')

async function problemsOf({ files, world }: Awaited<ReturnType<typeof given>>) {
  const problems = []
  const journal = await openJournal(world, 'look')
  for await (const problem of verifyJournal(journal, files)) problems.push(problem)
  return problems
}

test('events whose index is lost are never deleted: counted, named by verify, back with the index', async () => {
  const all = await given()
  const { disk, files, counts, world, first } = all
  const [events, index] = [disk.files.get(first)!, disk.files.get(indexOf(first))!]
  await files.remove(indexOf(first))
  for (let start = 1; start <= 2; start++) {
    const journal = await openJournal(world)
    expect(counts.get('journal corrupt')).toBe(3 * start)
    const reader = await journal.reader({ id: `out${start}`, wants: () => true, maxLag: undefined })
    expect(await everything(reader)).toEqual(start === 1 ? [4] : [])
    await journal.sweep()
    expect(disk.files.get(first)).toEqual(events)
  }
  expect(await problemsOf(all)).toMatchObject([
    { file: first, message: expect.stringMatching(/index is missing: 3 events/) },
  ])
  const file = await files.open(indexOf(first), 'wx+')
  await file.write([index], 0)
  expect(await problemsOf(all)).toEqual([])
})

test('an index that lost its events is counted, but not one of a segment that was being deleted', async () => {
  const all = await given()
  const { disk, files, counts, world, first, second } = all
  await files.remove(second)
  expect(await problemsOf(all)).toMatchObject([{ file: indexOf(second) }])
  await openJournal(world)
  expect(counts.get('journal corrupt')).toBe(1)
  await files.remove(indexOf(second))
  await files.remove(first)
  expect(await problemsOf(all)).toEqual([])
  await openJournal(world)
  expect(counts.get('journal corrupt')).toBe(1)
  expect(disk.files.has(indexOf(first))).toBe(false)
})

test('what a crash leaves of a segment that was being made goes unnoticed', async () => {
  const all = await given()
  const { disk, files, counts, world } = all
  const made = '/data/journal/collector-0/7ZZZZZZZZZZZZZZZZZZZZZZZZZ.ndjson'
  await files.open(made, 'wx+')
  expect(await problemsOf(all)).toEqual([])
  expect(disk.files.has(made)).toBe(true)
  await openJournal(world)
  expect(disk.files.has(made)).toBe(false)
  expect(counts.get('journal corrupt')).toBeUndefined()
})

test('to look at a stopped journal changes nothing, and verify names what a start would cut', async () => {
  const all = await given(10_000)
  const { disk, files, world, counts, first } = all
  const index = await files.open(indexOf(first), 'r+')
  await index.truncate((await index.size()) - 10)
  const before = new Map(disk.files)
  const calls = disk.calls
  const [problem, ...others] = await problemsOf(all)
  expect(others).toEqual([])
  expect(problem).toMatchObject({ file: expect.stringContaining('.ndjson'), offset: 171 })
  expect(problem!.message).toContain('cut off at the next start')
  expect(disk.calls).toBe(calls)
  expect(new Map(disk.files)).toEqual(before)
  expect(counts.get('journal torn_tail')).toBeUndefined()
  await openJournal(world)
  expect(await problemsOf(all)).toEqual([])
})
