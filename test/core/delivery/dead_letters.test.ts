import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { chunksOf, DeadLetters } from '../../../core/delivery/dead_letters.ts'
import type { Rejected } from '../../../core/delivery/output.ts'
import { systemFiles } from '../../../core/files.ts'
import { eventId, eventsOf } from '../../../core/journal/chunk.ts'
import { chunkOf, stillClock } from '../../collector/fake_world.ts'
import { temporaryFolder } from '../../temporary_folder.ts'

let folder: string
beforeEach(async () => {
  folder = await temporaryFolder('dead')
})
const open = (maxBytes = 1e6) =>
  new DeadLetters(folder, 'es', { files: systemFiles, clock: stillClock() }, maxBytes)
const refused = (index: number): Rejected => ({
  index,
  reason: 'target_refused',
  detail: 'no',
  target: 'i',
})

test('the same event twice is one letter, and what is resolved is gone', async () => {
  const dead = open()
  const chunk = chunkOf(['a', 'b', 'c'])
  await dead.add(chunk, [refused(0), refused(2)])
  await dead.add(chunk, [refused(2)])
  const ids = (await dead.list()).map(({ id }) => id)
  expect(ids).toEqual(['01J00000000000000000000000-0', '01J00000000000000000000000-2'])
  expect(await dead.resolve(new Set([ids[0]!]), 'dropped')).toBe(1)
  expect((await open().list()).map(({ id }) => id)).toEqual([ids[1]])
})

test('a line torn by a crash costs no other', async () => {
  await open().add(chunkOf(['a']), [refused(0)])
  await appendFile(join(folder, 'es.ndjson'), '{"id":"01J')
  await open().add(chunkOf(['b'], 5), [refused(0)])
  expect((await open().list()).map(({ id }) => id.slice(-2))).toEqual(['-0', '-5'])
})

test('a full file takes no more and says so', async () => {
  await open().add(chunkOf(['a']), [refused(0)])
  await expect(open(10).add(chunkOf(['b']), [refused(0)])).rejects.toThrow(/dead_max_disk/)
})

test('letters become chunks whose events have their old ids', async () => {
  const dead = open()
  await dead.add(chunkOf(['a', 'ü', 'c'], 7), [refused(0), refused(1)])
  const [chunk] = chunksOf(await dead.list())
  const events = [...eventsOf(chunk!)].map(({ ordinal, start, end }) => [
    eventId(chunk!.segment, ordinal),
    (JSON.parse(chunk!.bytes.toString('utf8', start, end)) as { message: string }).message,
  ])
  expect(events).toEqual([
    ['01J00000000000000000000000-7', 'a'],
    ['01J00000000000000000000000-8', 'ü'],
  ])
})
