import { expect, test } from 'vitest'
import { summarise } from '../../errors/digest/summarise.ts'
import { group } from '../../errors/grouping/group.ts'
import { decodeReport, encodeReport, readReport, type Report } from '../../errors/reports.ts'
import { eventReport } from './digest/setup.ts'
import { standard } from './grouping/events.ts'

const lineOf = (report: Report) => Buffer.from(encodeReport(report).trimEnd())

const misleading = ',"event":{"a":1}}'
const plain = eventReport({ id: 1, event: { tags: [[misleading, misleading]] } })
const attachments = [
  { name: misleading, type: 'event.attachment', content_type: 'text/plain', size: 1, blob: 'b' },
]
const summary = summarise(plain.event, group(plain.event, standard), standard.id)

test('an event that was summed up stays unread, whatever is in its texts', () => {
  const { event, ...head } = { ...plain, attachments, summary }
  const read = readReport(lineOf({ ...head, event }))
  const { json, ...rest } = read as typeof head & { json: Buffer }
  expect(rest).toMatchObject(JSON.parse(JSON.stringify(head)) as object)
  expect(JSON.parse(json.toString())).toEqual(event)
})

test('one without a summary is read, wherever it is in the line', () => {
  expect(readReport(lineOf(plain))).toMatchObject(plain)
  const earlier = { ...plain, attachments, key: misleading }
  expect(readReport(Buffer.from(JSON.stringify(earlier)))).toEqual(earlier)
})

test('other reports are read whole', () => {
  const body = { a: 1, event: { kind: 'event', summary: {}, event: {} }, x: misleading }
  const report = { kind: 'check_in' as const, project: 1, key: 'k', received_ms: 1, body }
  expect(readReport(lineOf(report))).toMatchObject(report)
  expect(decodeReport(encodeReport(report))).toMatchObject(report)
})

test.each(['', '{', '{"kind":1}', '{"kind":"event","event":{', '{"kind":"event","event":{}}x'])(
  '%j is no report',
  (line) => {
    expect(() => readReport(Buffer.from(line))).toThrow(SyntaxError)
  },
)
