import { expect, test } from 'vitest'
import { catJournal, verifyJournal } from '../../../core/journal/admin.ts'
import { SimulatedDisk } from '../../simulated_files.ts'
import { everything, linesOf, openJournal, startWriter } from './setup.ts'

/** A stopped Weir's segment with 1, 2 and 3, 4, and 5 to 7, each a batch, and what was started behind it. */
async function given() {
  const disk = new SimulatedDisk(1)
  const files = disk.mount()
  const counts = new Map<string, number>()
  const world = { files, dataFolder: '/data', counts }
  const journal = await openJournal(world)
  const writer = await startWriter(journal, world)
  for (const numbers of [[1], [2, 3], [4], [5, 6, 7]]) await writer.append([linesOf(numbers)])
  await writer.close(AbortSignal.timeout(20_000))
  const events = [...disk.files.keys()].find((path) => path.endsWith('.ndjson'))!
  const index = events.replace('.ndjson', '.index')
  const lines = disk.files.get(index)!.toString().split('\n')
  /** Where the line of a batch is in the index. */
  const offsetOf = (batch: number) => lines.slice(0, batch + 2).join('\n').length + 1
  /** A Weir that ran and wrote nothing: the segment is not the newest any more. */
  const started = async () => {
    const again = await startWriter(await openJournal(world), world)
    await again.close(AbortSignal.timeout(20_000))
  }
  const cut = async (offset: number) => {
    const file = await files.open(index, 'r+')
    await file.truncate(offset)
    await file.close()
  }
  return { disk, files, counts, world, events, index, offsetOf, started, cut }
}
type Given = Awaited<ReturnType<typeof given>>

async function problemsOf({ files, world }: Given) {
  const problems = []
  const journal = await openJournal(world, 'look')
  for await (const problem of verifyJournal(journal, files)) problems.push(problem)
  return problems
}

async function readBy({ world }: Given, id: string) {
  const journal = await openJournal(world)
  return await everything(await journal.reader({ id, wants: () => true, maxLag: undefined }))
}

test('one line of an index that does not hold costs its own batch, and none behind it', async () => {
  const all = await given()
  await all.started()
  all.disk.rot(all.index, all.offsetOf(1) + 20)
  expect(await problemsOf(all)).toMatchObject([
    { file: all.index, offset: all.offsetOf(1), message: expect.stringMatching(/: 2 events of/) },
  ])
  const numbers: number[] = []
  const cat = async () => {
    const journal = await openJournal(all.world, 'look')
    for await (const { line } of catJournal(journal, all.files, {}))
      numbers.push((JSON.parse(line) as { n: number }).n)
  }
  await expect(cat()).rejects.toThrow('left out what is damaged')
  expect(numbers).toEqual([1, 4, 5, 6, 7])
  expect(await readBy(all, 'out')).toEqual([1, 4, 5, 6, 7])
  expect(all.counts.get('reader.out corrupt')).toBe(2)
})

test('an index that lost its end is damage where a newer segment is, with the events it lacks', async () => {
  const all = await given()
  await all.started()
  await all.cut(all.offsetOf(2) + 5)
  expect(await problemsOf(all)).toMatchObject([
    { file: all.index, offset: all.offsetOf(2), message: expect.stringMatching(/: 4 events of/) },
  ])
  expect(await readBy(all, 'out')).toEqual([1, 2, 3])
  expect(all.counts.get('reader.out corrupt')).toBe(4)
})

test('events of the newest segment that a reader has passed are no torn tail', async () => {
  const all = await given()
  await all.cut(all.offsetOf(3))
  const [torn] = await problemsOf(all)
  expect(torn).toMatchObject({ file: all.events, message: expect.stringMatching(/\(3 events\)/) })
  expect(torn!.message).toContain('a write that a crash interrupted leaves them')
  const whole = await given()
  const journal = await openJournal(whole.world)
  const reader = await journal.reader({ id: 'out', wants: () => true, maxLag: undefined })
  expect(await everything(reader)).toHaveLength(7)
  await journal.release(reader)
  await whole.cut(whole.offsetOf(3))
  expect((await problemsOf(whole))[0]!.message).toMatch(/out has read further.*backup before/)
})
