import { expect, test } from 'vitest'
import { PartNames } from '../../../errors/ingest/part_names.ts'

/** Counts bytes that are searched. */
function counted(json: Buffer) {
  const found = { searched: 0 }
  const subarray = (start = 0, end = json.length) => {
    const part = json.subarray(start, end)
    const indexOf = (name: Uint8Array) => {
      const at = part.indexOf(name)
      found.searched += at < 0 ? part.length : at
      return at
    }
    return { indexOf } as Buffer
  }
  return { source: { length: json.length, subarray } as Buffer, found }
}

test('names come in their order, and what lies behind many of them is searched once for each', () => {
  const text = `{${'"modules":{"a":"b"},'.repeat(256)}"frames":[],"extra":["${'","'.repeat(10_000)}"]}`
  const { source, found } = counted(Buffer.from(text))
  const names = new PartNames(source)
  const kinds: string[] = []
  for (let name = names.next(0); name; name = names.next(name.start)) {
    const shown = name.kind === 'frames' ? '"frames":[' : '"modules":{'
    expect(text.slice(name.at, name.start + 1)).toBe(shown)
    kinds.push(name.kind)
  }
  expect(kinds).toEqual([...Array.from({ length: 256 }, () => 'modules'), 'frames'])
  expect(found.searched).toBeLessThan(3 * text.length)
})

test('what is passed over is searched for frames alone', () => {
  const frames = `"frames":[${'"modules":{},'.repeat(1_000)}]`
  const text = `{${frames},"modules":{},"frames":[2]}`
  const { source, found } = counted(Buffer.from(text))
  const names = new PartNames(source)
  const kinds: string[] = []
  for (let name = names.next(0); name;) {
    kinds.push(name.kind)
    name = names.next(Math.max(name.start, frames.length + 1))
  }
  expect(kinds).toEqual(['frames', 'modules', 'frames'])
  expect(found.searched).toBeLessThan(4 * (text.length - frames.length))
})
