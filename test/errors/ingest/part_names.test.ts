import { expect, test } from 'vitest'
import { PartNames } from '../../../errors/ingest/part_names.ts'

test('names come in their order, and what lies behind many of them is searched once for each', () => {
  const text = `{${'"modules":{"a":"b"},'.repeat(256)}"frames":[],"extra":["${'","'.repeat(10_000)}"]}`
  const json = Buffer.from(text)
  let searched = 0
  const indexOf = (name: Uint8Array, from = 0) => {
    const at = json.indexOf(name, from)
    searched += (at < 0 ? json.length : at) - from
    return at
  }
  const names = new PartNames({ indexOf } as Buffer)
  const found: boolean[] = []
  for (let name = names.next(0); name; name = names.next(name.start)) {
    expect(text.slice(name.at, name.start + 1)).toBe(name.isFrames ? '"frames":[' : '"modules":{')
    found.push(name.isFrames)
  }
  expect(found).toEqual([...Array.from({ length: 256 }, () => false), true])
  expect(searched).toBeLessThan(2 * json.length)
})
