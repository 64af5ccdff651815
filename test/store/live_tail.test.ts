import { expect, test } from 'vitest'
import { type Files, systemFiles } from '../../core/files.ts'
import { liveQuery } from '../../store/live_query.ts'
import { LiveTail } from '../../store/live_tail.ts'
import { linesOf, openJournal, startWriter } from '../core/journal/setup.ts'
import { temporaryFolder } from '../temporary_folder.ts'

/** Files of which nothing is read before `gate`. */
function heldBy(gate: Promise<void>): Files {
  return {
    ...systemFiles,
    open: async (path, flags) => {
      const file = await systemFiles.open(path, flags)
      const read = async (into: Uint8Array, position: number) => {
        await gate
        return await file.read(into, position)
      }
      return { ...file, read }
    },
  }
}

async function started(files = systemFiles) {
  const dataFolder = await temporaryFolder('live')
  const given = {
    files: systemFiles,
    dataFolder,
    options: { segmentBytes: 2000 },
    counts: new Map(),
  }
  const journal = await openJournal(given)
  const writer = await startWriter(journal, given)
  const tail = new LiveTail({
    files,
    dataFolder,
    partitions: () => journal.partitions,
    listen: (listener) => journal.listen(listener),
  })
  const stop = new AbortController()
  return { journal, writer, tail, stop }
}

test('a follower gets what arrives from now on and fits, over the ends of segments', async () => {
  const { journal, writer, tail, stop } = await started()
  journal.feed('hold', {})
  await writer.append([linesOf([0, 1], { pad: 500 })])
  const odd = tail.follow(
    ({ n }) => Number(n) % 2 === 1,
    () => true,
    stop.signal,
  )
  const seen: number[] = []
  const reading = (async () => {
    for await (const item of odd) {
      if (!('event' in item)) continue
      seen.push(Number(item.event['n']))
      if (seen.length === 10) stop.abort()
    }
  })()
  for (let n = 2; n < 22; n += 2) await writer.append([linesOf([n, n + 1], { pad: 500 })])
  await reading
  expect(seen).toEqual([3, 5, 7, 9, 11, 13, 15, 17, 19, 21])
  expect(journal.partitions[0]!.segments.length).toBeGreaterThan(3)
  await writer.close(AbortSignal.timeout(5000))
})

test('a follower that does not take what waits is told how much it missed', async () => {
  const { writer, tail, stop } = await started()
  const events = tail.follow(
    () => true,
    () => true,
    stop.signal,
  )
  const first = events.next()
  await writer.append([linesOf([0])])
  await first
  const numbers = Array.from({ length: 5000 }, (_, n) => n + 1)
  await writer.append([linesOf(numbers)])
  await writer.append([linesOf([5001])])
  let skipped = 0
  let got = 0
  for await (const item of events) {
    if ('skipped' in item) skipped += item.skipped
    else got += 1
    if (skipped + got === 5001) break
  }
  expect(skipped).toBeGreaterThanOrEqual(3000)
  await writer.close(AbortSignal.timeout(5000))
})

test('events that no follower wants are not read', async () => {
  const { writer, tail, stop } = await started()
  const events = tail.follow(
    () => true,
    (stream) => stream === 'other',
    stop.signal,
  )
  const next = events.next()
  await writer.append([linesOf([0])])
  stop.abort()
  expect(await next).toMatchObject({ done: true })
  await writer.close(AbortSignal.timeout(5000))
})

test('what a segment got before it ended is shown, however long the look at it takes', async () => {
  const gate = Promise.withResolvers<void>()
  const { journal, writer, tail, stop } = await started(heldBy(gate.promise))
  journal.feed('hold', {})
  const events = tail.follow(
    () => true,
    () => true,
    stop.signal,
  )
  const seen: unknown[] = []
  const first = events.next()
  for (let n = 0; n < 6; n++) await writer.append([linesOf([n], { pad: 2000 })])
  gate.resolve()
  seen.push((await first).value)
  while (seen.length < 6) seen.push((await events.next()).value)
  expect(seen).toMatchObject([0, 1, 2, 3, 4, 5].map((n) => ({ event: { n } })))
  await writer.close(AbortSignal.timeout(5000))
})

test('what fits is told by every digit', async () => {
  const { writer, tail, stop } = await started()
  const { matches, wants } = liveQuery('id:9007199254740993', '*', 0)
  const next = tail.follow(matches, wants, stop.signal).next()
  const lines = ['9007199254740992', '9007199254740993'].map((id) => `{"id":${id}}\n`)
  await writer.append([{ ...linesOf([0, 1]), bytes: Buffer.from(lines.join('')) }])
  const { value } = await next
  expect(JSON.stringify(value)).toContain('{"id":9007199254740993}')
  await writer.close(AbortSignal.timeout(5000))
})

test('numbers of an event stay as they were written', async () => {
  const { writer, tail, stop } = await started()
  const event = '{"id":9007199254740993,"price":1.50,"n":5}'
  const events = tail.follow(
    ({ price }) => price === 1.5,
    () => true,
    stop.signal,
  )
  const next = events.next()
  await writer.append([{ ...linesOf([0]), bytes: Buffer.from(`${event}\n`) }])
  const { value } = await next
  expect(JSON.stringify(value)).toBe(`{"stream":"logs-a-default","event":${event}}`)
  await writer.close(AbortSignal.timeout(5000))
})
