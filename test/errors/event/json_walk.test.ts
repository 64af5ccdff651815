import { describe, expect, test } from 'vitest'
import {
  hasControls,
  hasEscapes,
  hasUnicode,
  JsonWalk,
  mayBeSecret,
} from '../../../errors/event/json_walk.ts'

function walkOver(json: string) {
  const walk = new JsonWalk()
  walk.bytes = Buffer.from(json)
  return { walk, end: walk.value(0) }
}

const parses = (json: string) => {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

describe('what is JSON without white space', () => {
  test.each([
    '""',
    '"größe 💥 \\" \\\\ \\/ \\b\\f\\n\\r\\t \\u00e9"',
    '0',
    '-0.5e+10',
    '12.25',
    'true',
    'null',
    '[]',
    '{}',
    '{"a":[1,{"b":[false,"c"]}],"":null}',
  ])('%s', (json) => {
    expect(parses(json)).toBe(true)
    expect(walkOver(json).end).toBe(Buffer.byteLength(json))
  })
})

describe('what is none', () => {
  test.each([
    '"',
    '"a\\"',
    '"\\x"',
    '"\\u00g0"',
    '"\\u00',
    '"\n"',
    '01',
    '-',
    '1.',
    '1e',
    '+1',
    'tru',
    'NaN',
    '[1,]',
    '[1',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    '{"a":1,}',
    "'a'",
    '',
  ])('%s', (json) => {
    expect(parses(json)).toBe(false)
    expect(walkOver(json).end).toBe(-1)
  })

  test('half a surrogate pair, and what is nested too deep, are left to others', () => {
    expect(walkOver('"\\ud83d"').end).toBe(-1)
    expect(walkOver(`${'['.repeat(100)}${']'.repeat(100)}`).end).toBe(-1)
  })
})

test.each([
  ['"plain 12345678 text-- b"', 0],
  ['"\\""', hasEscapes],
  ['"\\n"', hasEscapes | hasControls],
  ['["\\u0070",""]', hasEscapes | hasUnicode],
  ['"a@b"', mayBeSecret],
  ['"078-05-1120"', mayBeSecret],
  ['"4111 1111 1111 1111"', mayBeSecret],
  ['{"a":["-----BEGIN KEY"]}', mayBeSecret],
  ['"BEARER x"', mayBeSecret],
])('%s has %i', (json, has) => {
  const { walk } = walkOver(json)
  expect(walk.has).toBe(has)
})

test('sizes are those of a bag, and numbers that would be written otherwise are told', () => {
  const { walk } = walkOver('{"ab":["cd",1,{}]}')
  expect([walk.size, walk.depth, walk.hasOddNumber]).toEqual([2 + 5 + 2 + 4 + 5 + 2, 3, false])
  for (const odd of ['-0', '1e3', '1234567890123456', '[-0.0]']) {
    expect(walkOver(odd).walk.hasOddNumber).toBe(true)
  }
  for (const plain of ['0', '-1', '0.5', '-0.5', '123456789012345']) {
    expect(JSON.stringify(JSON.parse(plain))).toBe(plain)
  }
})
