import { describe, expect, test } from 'vitest'
import { errorsConfig } from '../../../errors/config.ts'
import { type ReportLine, writeLine } from '../../../errors/ingest/gatherer.ts'
import { readJson } from '../../../errors/ingest/json_text.ts'
import { preparingBy } from '../../../errors/ingest/preparing.ts'
import { TextBlock } from '../../../errors/text_block.ts'
import { eventPieces } from '../../../errors/ingest/event_pieces.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { arrival } from '../event/arrival.ts'
import { projectOf } from './accepted.ts'

const config = errorsConfig.parse({})
const preparing = preparingBy(
  () => config,
  (count) => Buffer.alloc(count, 7),
)

function textOf(line: ReportLine): string {
  const block = new TextBlock()
  writeLine(block, line)
  return Buffer.from(block.written).toString()
}

/** What becomes of an event's JSON, and how many parts of it stayed bytes. */
function madeOf(json: string, project = projectOf()) {
  const payload = Buffer.from(json)
  const { bounds: _, ...rest } = arrival()
  const [made, whole] = [preparing.readEvent(payload, project), readJson(payload)].map((read) => {
    const event = preparing.normalise(read.value as JsonRecord, rest)
    preparing.scrub(event, project)
    const summary = preparing.summarise(event, project)
    const pieces = eventPieces(event)
    const text = textOf(pieces)
    const unread = pieces.filter((piece) => typeof piece !== 'string').length
    return { text, event: JSON.parse(text) as JsonRecord, summary, unread }
  })
  // Whatever stays bytes, the event is the same.
  expect(made!.event).toEqual(whole!.event)
  expect(made!.summary).toEqual(whole!.summary)
  return made!
}

const withFrames = (...frames: readonly object[]) =>
  JSON.stringify({ exception: { values: [{ type: 'E', value: 'v', stacktrace: { frames } }] } })
const unreadOf = (frame: object, settings?: object) =>
  madeOf(withFrames(frame), projectOf(settings && { settings })).unread

const python = {
  filename: 'shop/orders.py',
  abs_path: '/srv/shop/orders.py',
  function: 'total',
  module: 'shop.orders',
  lineno: 12,
  pre_context: ['    def total(self):', '        """Größe \\d \t"""'],
  context_line: '        return sum(i["price"] for i in self.items)',
  post_context: ['', '    @property'],
  vars: { self: '<Order 7>', n: '3', deep: [{ a: null, b: [1, 2.5, true] }] },
  in_app: true,
}

describe('frames stay bytes', () => {
  test.each<[string, object]>([
    ['as Python sends them', python],
    ['without an absolute path', { filename: 'a.go', function: 'main.f', lineno: 1, in_app: true }],
    ['without a name', { abs_path: '/src/a.go', function: 'f', colno: 0 }],
    ['with what is empty', { function: 'f', vars: {}, data: {}, pre_context: [], module: null }],
    ['with what nobody reads', { native: false, function: 'f', x: { frames: [1] } }],
    ['of which nothing is known', { function: '?', module: '', symbol: '?' }],
    ['of Node itself', { filename: 'node:internal/modules/run_main', function: 'run' }],
    ['of native code', { instruction_addr: '0x1f', package: 'libc', symbol: '_start' }],
    ['with secret variables', { function: 'f', vars: { password: 'hunter2', a: 'token=1' } }],
    [
      'with secret variables among others',
      { vars: { n: 1, a: 'x', auth: { b: 'hunter2' }, z: '\n' } },
    ],
    ['with too many variables', { function: 'f', vars: { a: 'x'.repeat(3_000) } }],
  ])('%s', (_, frame) => {
    const { unread, text } = madeOf(withFrames({}, frame, python))
    expect(unread).toBe(1)
    expect(text).not.toContain('hunter2')
  })
})

describe('frames are read', () => {
  test.each<[string, object]>([
    ['with a secret in a line', { context_line: 'curl -H "Authorization: Bearer abcdef0123"' }],
    ['with a password in a URL', { pre_context: ['db = "postgres://u:hunter2@db/"'] }],
    ['with a card', { post_context: ['pay("4111 1111 1111 1111")'] }],
    ['from a URL', { filename: 'https://shop.example.com/app.js' }],
    ['with a long name', { function: 'x'.repeat(300) }],
    ['with a wrong type', { lineno: '12' }],
    ['with data', { function: 'f', data: { sourcemap: 'a.map' } }],
    ['with an address that is a number', { instruction_addr: 31 }],
    ['with an address that is none', { symbol_addr: '0xfg' }],
  ])('%s', (_, frame) => {
    const { unread, text } = madeOf(withFrames(python, frame))
    expect(unread).toBe(0)
    expect(text).not.toMatch(/hunter2|4111|abcdef0123/)
  })

  test('of a project that hides addresses', () => {
    expect(unreadOf(python, { scrub: { ip_addresses: true } })).toBe(0)
    expect(unreadOf(python)).toBe(1)
  })

  test('in other places than those of stack traces', () => {
    const list = [{ function: 'f' }]
    expect(madeOf(JSON.stringify({ message: 'm', extra: { frames: list } })).unread).toBe(0)
    const odd = JSON.stringify({ extra: { 'a"frames': list, b: ',"frames":[' } })
    expect(madeOf(odd).unread).toBe(0)
  })
})

test('a secret stays out of variables whatever they are called and however they are written', () => {
  const written = withFrames({ function: 'f', vars: { n: 'canary', item: 'x' } })
  for (const json of [
    written.replace('"n"', '"p\\u0061ssword"'),
    written.replace('canary', 'my p\\u0061ssword canary'),
    written.replace('canary', 'Bearer\\ncanary0123456789'),
    written.replace('"canary"', '{"auth":["canary"]}'),
    written.replace('canary', 'http:\\/\\/u:canary\\u0040host'),
  ]) {
    expect(JSON.stringify(JSON.parse(json))).toContain('canary')
    expect(madeOf(json).text).not.toContain('canary')
  }
  const settings = { scrub: { sensitive_fields: ['it"em', 'item'] } }
  const json = written.replace('"x"', '"canary"').replace('"n":"canary"', '"n":"y"')
  expect(madeOf(json, projectOf({ settings })).text).not.toContain('canary')
})

test('modules stay bytes where they are names and versions', () => {
  const of = (modules: unknown) => madeOf(JSON.stringify({ message: 'm', modules })).unread
  expect(of({ django: '5.2', größe: '"1\\' })).toBe(1)
  expect(of({ django: 5 })).toBe(0)
  expect(of({ django: '5.2', long: 'x'.repeat(300) })).toBe(0)
  expect(of({})).toBe(0)
  expect(madeOf('{"extra":{"modules":{"a":"b"}},"modules":{"a":"b"}}').unread).toBe(0)
})

test('of a member that comes twice the last is read', () => {
  const twice = withFrames(python).replace(
    '"stacktrace"',
    '"stacktrace":{"frames":[{"lineno":1}]},"stacktrace"',
  )
  expect(madeOf(twice).unread).toBe(0)
  expect(madeOf(withFrames(python).replace('"lineno"', '"lineno":3,"lineno"')).unread).toBe(0)
})

test('many names of lists that are none take no time', () => {
  const json = `{"extra":[${Array.from({ length: 10_000 }, () => '{"modules":{}}').join()}]}`
  expect(madeOf(json).unread).toBe(0)
})

test('variables that are a number are told to be none, however short it is', () => {
  for (const vars of [7, 12, -1, 123, '', 'ab', [], {}]) madeOf(withFrames({ function: 'f', vars }))
})

test('ids that are numbers beyond a double keep every digit', () => {
  const ids = '1180591620717411303,-1180591620717411304'
  const numbers = `{"user":{"id":1180591620717411303},"tags":{"order":1180591620717411305},"extra":{"ids":[${ids}]},
    "exception":{"values":[{"type":"E","stacktrace":{"frames":[{"function":"f","vars":{"n":[${ids}],"m":7}}]}}]}}`
  for (const json of [numbers, numbers.replaceAll(/\s+/g, ''), numbers.replace('7}', 'NaN}')]) {
    const { event } = madeOf(json)
    const ofIds = ['1180591620717411303', '-1180591620717411304']
    expect(event).toMatchObject({
      user: { id: '1180591620717411303' },
      tags: expect.arrayContaining([['order', '1180591620717411305']]) as unknown,
      extra: { ids: ofIds },
      exception: { values: [{ stacktrace: { frames: [{ vars: { n: ofIds } }] } }] },
    })
  }
})
