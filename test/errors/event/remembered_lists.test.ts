import { expect, test } from 'vitest'
import { RememberedLists } from '../../../errors/event/remembered_lists.ts'
import type { FrameList } from '../../../errors/event/unread_frames.ts'

const rules = {}

/** A list of so many bytes, of its number. */
const jsonOf = (length: number, number = 0) => {
  const json = Buffer.alloc(length, 'a')
  json.write(`["${number} `)
  json.write('"]', length - 2)
  return json
}
const listOf = ({ length }: Buffer, places = 2): FrameList => ({
  length,
  places: Array.from({ length: places }, () => 0),
  pieces: [0, length],
  vars: [],
  key: 'k',
  factSize: 1,
})

/** What is found each of the times that a list comes. */
function foundOf(lists: RememberedLists, json: Buffer, times: number, of: object = rules) {
  return Array.from({ length: times }, () => {
    const found = lists.find(json, 0, of)
    if (!found) lists.keep(json, 0, of, listOf(json))
    return found !== undefined
  })
}

test('a list is known from its third time on, wherever it is in an event', () => {
  const lists = new RememberedLists()
  const json = jsonOf(4_000)
  expect(foundOf(lists, json, 4)).toEqual([false, false, true, true])
  const event = Buffer.concat([Buffer.from('{"frames":'), json, Buffer.from('}')])
  expect(lists.find(event, 10, rules)).toEqual(listOf(json))
})

test('a list is known under its own rules alone', () => {
  const lists = new RememberedLists()
  const json = jsonOf(4_000)
  foundOf(lists, json, 3)
  expect(foundOf(lists, json, 3, {})).toEqual([false, false, true])
})

test('a list of which a byte differs is another one', () => {
  const json = jsonOf(2_100)
  for (let at = 0; at < json.length; at += 7) {
    const lists = new RememberedLists()
    foundOf(lists, json, 2)
    const other = Buffer.from(json)
    other[at]! ^= 1
    expect(lists.find(other, 0, rules)).toBeUndefined()
  }
})

test('one that looks the same and is not is no longer searched for', () => {
  const lists = new RememberedLists()
  const json = jsonOf(8_000)
  foundOf(lists, json, 3)
  const other = Buffer.from(json)
  other[4_001]! ^= 1
  expect(foundOf(lists, other, 3)).toEqual([false, false, false])
  expect(foundOf(lists, json, 2)).toEqual([false, false])
})

test('lists that begin alike are told apart', () => {
  const lists = new RememberedLists()
  const all = Array.from({ length: 20 }, (_, number) => jsonOf(3_000 + number))
  for (const json of all) foundOf(lists, json, 2)
  for (const json of all) expect(lists.find(json, 0, rules)?.length).toBe(json.length)
})

test('short lists are not remembered, and of too many all are forgotten', () => {
  const lists = new RememberedLists()
  expect(foundOf(lists, jsonOf(2_047), 3)).toEqual([false, false, false])
  const first = jsonOf(2_500, 1)
  expect(foundOf(lists, first, 3)).toEqual([false, false, true])
  for (let number = 2; number < 5; number++) {
    const json = jsonOf(2_500 + number, number)
    lists.keep(json, 0, rules, listOf(json))
    lists.keep(json, 0, rules, listOf(json, 200_000))
  }
  expect(foundOf(lists, first, 3)).toEqual([false, false, true])
})
