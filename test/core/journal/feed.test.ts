import { expect, test } from 'vitest'
import { systemFiles } from '../../../core/files.ts'
import { forgetReader, seekReader } from '../../../core/journal/admin.ts'
import type { DurableMark } from '../../../core/journal/writer.ts'
import { linesOf, openJournal, startWriter, type TestWorld } from './setup.ts'
import { temporaryFolder } from '../../temporary_folder.ts'

async function world(): Promise<TestWorld> {
  return {
    files: systemFiles,
    dataFolder: await temporaryFolder('feed'),
    options: { maxDisk: 10_000_000, segmentBytes: 1000 },
    counts: new Map(),
  }
}

test('a feed hears of what is durable and holds it until it is passed', async () => {
  const given = await world()
  const journal = await openJournal(given)
  const feed = journal.feed('store', {})
  const marks: DurableMark[] = []
  const dropped: string[] = []
  const end = feed.listen({
    onMark: (_partition, mark) => marks.push(mark),
    onDropped: (_partition, segment) => dropped.push(segment),
  })
  const writer = await startWriter(journal, given)
  for (let n = 0; n < 10; n++) await writer.append([linesOf([n], { pad: 600 })])
  await journal.sweep()
  const [partition] = feed.partitions()
  expect(partition!.segments.length).toBeGreaterThan(5)
  expect(marks.reduce((last, mark) => Math.max(last, mark.events), 0)).toBe(1)
  expect(feed.lag().events).toBe(10)
  expect(dropped).toEqual([])

  feed.advance(journal.ends())
  await journal.sweep()
  expect(feed.lag().events).toBe(0)
  expect(dropped).toEqual(partition!.segments.slice(0, -1).map(({ id }) => id))
  end()
  await writer.close(AbortSignal.timeout(5000))
})

test('the cursor of a feed holds its segments while nobody follows', async () => {
  const given = await world()
  const first = await openJournal(given)
  const feed = first.feed('store', {})
  const writer = await startWriter(first, given)
  for (let n = 0; n < 5; n++) await writer.append([linesOf([n], { pad: 600 })])
  feed.advance({
    [first.partitions[0]!.name]: { segment: feed.partitions()[0]!.segments[2]!.id, ordinal: 0 },
  })
  await writer.close(AbortSignal.timeout(5000))
  await first.releaseFeed(feed)

  const again = await openJournal(given)
  await again.sweep()
  expect(again.readers()).toMatchObject([{ id: 'store', open: false }])
  await startWriter(again, given)
  await again.sweep()
  expect(again.partitions[0]!.segments.reduce((sum, { end }) => sum + end.events, 0)).toBe(3)
})

test('a feed can be neither moved nor forgotten while it is followed', async () => {
  const given = await world()
  const journal = await openJournal(given)
  journal.feed('store', {})
  await expect(seekReader(journal, systemFiles, 'store', 'end')).rejects.toThrow('cannot be moved')
  await expect(forgetReader(journal, 'store')).rejects.toThrow('is at work')
})

test('for a reader that is not there, and reads one partition, nothing of others is held', async () => {
  const given = await world()
  const first = await openJournal(given)
  const reports = await startWriter(first, given, 'errors')
  const logs = await startWriter(first, given, 'logs')
  const feed = first.feed('errors.digest', {})
  for (let n = 0; n < 5; n++) {
    await reports.append([linesOf([n], { pad: 600 })])
    await logs.append([linesOf([n], { pad: 600 })])
  }
  for (const writer of [reports, logs]) await writer.close(AbortSignal.timeout(5000))
  await first.releaseFeed(feed)

  const again = await openJournal(given)
  const inJournal = () =>
    Object.fromEntries(again.partitions.map(({ name, segments }) => [name, segments.length]))
  await again.sweep()
  expect(inJournal()).toEqual({ errors: 5, logs: 5 })
  await again.narrow('errors.digest', 'errors')
  expect(inJournal()).toEqual({ errors: 5, logs: 1 })
  expect(await again.forget('errors.digest')).toBe(true)
})
