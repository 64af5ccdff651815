import { expect, test } from 'vitest'
import { CursorFile } from '../../../core/journal/cursor_file.ts'
import { ManualClock } from '../../collector/inputs/harness.ts'
import { SimulatedDisk } from '../../simulated_files.ts'

function given() {
  const disk = new SimulatedDisk(1)
  const clock = new ManualClock()
  const saved = { cursor: { a: { segment: '1', ordinal: 5000 } }, sent: {} }
  const file = new CursorFile('out', saved, { files: disk.mount(), clock, dataFolder: '/data' })
  const delivered = (segment: string, ordinal: number) => {
    file.advance('a', { segment, ordinal })
    file.saveSoon(true)
  }
  return { disk, clock, file, delivered }
}

const saves = async ({ disk, clock }: ReturnType<typeof given>, ms: number) => {
  const before = disk.calls
  clock.advance(ms)
  await new Promise((resolve) => setImmediate(resolve))
  return disk.calls > before
}

test('what trickles in is saved every five seconds', async () => {
  const stage = given()
  stage.delivered('1', 5001)
  expect(await saves(stage, 4000)).toBe(false)
  stage.delivered('1', 6000)
  expect(await saves(stage, 1000)).toBe(true)
})

test.each([
  ['of the same segment', '1', 6001],
  ['of the next', '2', 1001],
])('more than a thousand events %s are saved at once', async (_, segment, ordinal) => {
  const stage = given()
  stage.delivered('1', 5001)
  stage.delivered(segment, ordinal)
  expect(await saves(stage, 100)).toBe(true)
  // From there on they are counted anew.
  await stage.file.save()
  stage.delivered(segment, ordinal + 1)
  expect(await saves(stage, 1000)).toBe(false)
  expect(await saves(stage, 4000)).toBe(true)
})
