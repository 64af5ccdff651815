import { expect, test } from 'vitest'
import type { Files } from '../../../core/files.ts'
import { systemClock } from '../../../core/clock.ts'
import { JournalFollower } from '../../../core/journal/follower.ts'
import { SimulatedDisk } from '../../simulated_files.ts'
import { linesOf, numbersOf, openJournal, startWriter } from './setup.ts'

/** Ten events, of which chunks of `readBytes` hold two each. */
async function given(wants: (tag: string) => boolean = () => true) {
  const files = new SimulatedDisk(1).mount()
  const world = { files, dataFolder: '/data', options: { segmentBytes: 1e6 } }
  const journal = await openJournal(world)
  const writer = await startWriter(journal, world)
  for (let n = 0; n < 10; n++) await writer.append([linesOf([n], { pad: 100 })])
  const feed = journal.feed('store', {})
  const follow = (from: ConstructorParameters<typeof JournalFollower>[0], given: Files = files) =>
    new JournalFollower(from, feed.partitions(), {
      files: given,
      clock: systemClock,
      wants,
      lost: () => expect.unreachable('nothing is lost'),
    })
  return { files, feed, follow, writer }
}

const readBytes = 400

test('what is read ahead counts only once it is handed out, and leaves the bytes of now alone', async () => {
  const { follow } = await given()
  const follower = follow({})
  const seen: number[] = []
  while (follower.isBehind()) {
    const found = (await follower.read(readBytes))!
    // The next one has been read by now.
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    seen.push(...numbersOf(found.chunk))
    expect(Object.values(follower.places)[0]!.ordinal).toBe(seen.length)
    const other = follow(follower.places)
    const rest = await other.read(1e6)
    expect(rest ? numbersOf(rest.chunk)[0] : seen.length).toBe(seen.length)
    await other.close()
  }
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(await follower.read(readBytes)).toBeUndefined()
  await follower.close()
})

test('what nobody wants is passed over once it was looked at', async () => {
  const { feed, follow, writer } = await given((tag) => tag === 'a')
  await writer.append([linesOf([10, 11], { tag: 'b' })])
  const follower = follow({})
  for (let found = 0; found < 10;) found += (await follower.read(readBytes))!.chunk.count
  expect(await follower.read(readBytes)).toBeUndefined()
  expect(follower.isBehind()).toBe(false)
  const { name } = feed.partitions()[0]!
  expect(follower.places[name]!.ordinal).toBe(12)
  await follower.close()
})

test('a read ahead that fails is heard of by the next read, and nothing is passed', async () => {
  const { files, follow } = await given()
  let left = Infinity
  const failing: Files = {
    ...files,
    async open(path, flags) {
      const file = await files.open(path, flags)
      const read: typeof file.read = (into, position) => {
        if (path.endsWith('.ndjson') && left-- <= 0) return Promise.reject(new Error('EIO'))
        return file.read(into, position)
      }
      return { ...file, read, close: () => file.close() }
    },
  }
  const follower = follow({}, failing)
  left = 1
  const first = (await follower.read(readBytes))!
  expect(numbersOf(first.chunk)).toEqual([0, 1])
  await expect(follower.read(readBytes)).rejects.toThrow('EIO')
  expect(follower.isBehind()).toBe(true)
  left = Infinity
  const second = (await follower.read(readBytes))!
  expect(numbersOf(second.chunk)).toEqual([2, 3])
  await follower.close()
})
