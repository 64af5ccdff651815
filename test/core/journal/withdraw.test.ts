import { expect, onTestFinished, test, vi } from 'vitest'
import { SimulatedDisk } from '../../simulated_files.ts'
import { everything, linesOf, openJournal, startWriter, type TestWorld } from './setup.ts'
import { eventually } from '../../eventually.ts'

const small = (n: number) => [linesOf([n], { pad: 500 })]

/** A journal that a few lines fill, and its writer. */
async function fullJournal(given: Partial<TestWorld> = {}) {
  const disk = new SimulatedDisk(1)
  const options = { maxDisk: 4000, whenFull: 'block' as const }
  const world = { files: disk.mount(), dataFolder: '/data', options, ...given }
  const journal = await openJournal(world)
  const reader = await journal.reader({ id: 'slow', wants: () => true, maxLag: undefined })
  const writer = await startWriter(journal, world)
  onTestFinished(() => writer.close(AbortSignal.abort()))
  return { disk, journal, reader, writer }
}

test('what waits for room is taken back when it is withdrawn; what else waits stays', async () => {
  const { journal, reader, writer } = await fullJournal()
  let n = 0
  while (journal.troubles.length === 0) {
    await Promise.race([
      writer.append(small(n++)),
      new Promise((resolve) => setTimeout(resolve, 5)),
    ])
  }
  const late = new AbortController()
  const [first, second] = [writer.append(small(101), late.signal), writer.append(small(102))]
  late.abort(new Error('late'))
  await expect(first).rejects.toThrow('late')
  const numbers: number[] = []
  const settled = vi.fn()
  void second.then(settled)
  await eventually(async () => {
    numbers.push(...(await everything(reader)))
    expect(settled).toHaveBeenCalledWith('durable')
  })
  numbers.push(...(await everything(reader)))
  expect(numbers).toEqual([...Array.from({ length: n }, (_, i) => i), 102])
})

test('the journal stays full when all that waited is withdrawn, until there is room', async () => {
  const { journal, reader, writer } = await fullJournal()
  const withdrawals: AbortController[] = []
  const outcomes: Promise<unknown>[] = []
  while (journal.troubles.length === 0) {
    const late = new AbortController()
    withdrawals.push(late)
    outcomes.push(writer.append(small(withdrawals.length), late.signal).catch(String))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  withdrawals.at(-1)!.abort('late')
  expect(await outcomes.pop()).toBe('late')
  await new Promise((resolve) => setImmediate(resolve))
  expect(journal.troubles).toMatchObject([{ kind: 'full' }])
  expect(await everything(reader)).toHaveLength(outcomes.length)
  await eventually(() => expect(journal.troubles).toEqual([]))
  expect(await writer.append(small(0))).toBe('durable')
})

test('what a failing disk did not take can be withdrawn, and the disk is tried all the same', async () => {
  const { disk, journal, reader, writer } = await fullJournal()
  disk.fail = () => 'EIO'
  const late = new AbortController()
  const appended = writer.append(small(1), late.signal)
  await eventually(() => expect(journal.troubles).toMatchObject([{ kind: 'disk' }]))
  late.abort(new Error('late'))
  await expect(appended).rejects.toThrow('late')
  disk.fail = () => undefined
  await eventually(() => expect(journal.troubles).toEqual([]))
  expect(await writer.append(small(2))).toBe('durable')
  expect(await everything(reader)).toEqual([2])
})

test('what is being written is not withdrawn, and what is withdrawn already is not appended', async () => {
  const { disk, writer, reader } = await fullJournal()
  const late = new AbortController()
  disk.fail = () => {
    late.abort(new Error('late'))
    return undefined
  }
  const appended = writer.append(small(1), late.signal)
  expect(await appended).toBe('durable')
  await expect(writer.append(small(2), late.signal)).rejects.toThrow('late')
  expect(await everything(reader)).toEqual([1])
})

test('positions cannot be withdrawn', async () => {
  const { writer } = await fullJournal()
  const placed = [linesOf([1], { positions: { a: { n: 1 } } })]
  await expect(writer.append(placed, new AbortController().signal)).rejects.toThrow('positions')
})
