import { expect, test } from 'vitest'
import { digestionOf, eventReport, feedbackReport, fileReport } from './setup.ts'

const issues = `select (select group_concat(ifnull(issue, 'none')) from attachments) as files,
  (select group_concat(ifnull(issue, 'none')) from feedback) as feedback`

test("files and feedback that came before their event are its issue's from then on", async () => {
  const { digest, rows } = digestionOf()
  await digest(fileReport(1), fileReport(2), feedbackReport(1))
  await digest(eventReport({ id: 3 }))
  expect(rows(issues)).toEqual([{ files: 'none,none', feedback: 'none' }])
  await digest(eventReport({ id: 1, project: 2 }), eventReport({ id: 1, type: 'Other' }))
  expect(rows(issues)).toEqual([{ files: '3,none', feedback: '3' }])
})

test('they wait over a restart', async () => {
  const { database, digest } = digestionOf()
  await digest(fileReport(1), feedbackReport(1))
  const { digest: digestLater, rows } = digestionOf(database)
  await digestLater(eventReport({ id: 1 }))
  expect(rows(issues)).toEqual([{ files: '1', feedback: '1' }])
})

test('an event whose files came first is kept, as one with files is', async () => {
  const { digest, rows } = digestionOf(undefined, { config: { kept_per_minute: 1 } })
  const events = [1, 2, 3, 4].map((id) => eventReport({ id }))
  await digest(fileReport(4), ...events)
  const kept = rows('select hex(event_id) as id from events').map(({ id }) => Number(id))
  expect(kept).toEqual([1, 2, 4])
})
