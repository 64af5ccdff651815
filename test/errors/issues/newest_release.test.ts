import { expect, test } from 'vitest'
import { changeIssues, type IssueChange } from '../../../errors/issues/change.ts'
import { digestionOf, eventReport, startMs } from '../digest/setup.ts'

const hourMs = 3_600_000
type Resolving = Extract<NonNullable<IssueChange['status']>, { to: 'resolved' }>['resolution']

/** The last of the releases is that of the issue; it is resolved, and then seen in `later`. */
async function resolvedAfter(releases: readonly string[], resolution: Resolving, later: string) {
  const { database, digestion, digest, rows } = digestionOf()
  const report = (id: number, release: string, type: string, atMs = startMs) =>
    eventReport({ id, type, atMs, event: { release } })
  for (const [id, release] of releases.entries()) {
    await digest(report(id, release, id === releases.length - 1 ? 'Own' : 'Other'))
  }
  const [issue] = rows('select max(id) as id from issues')
  const ids = [Number(issue!['id'])]
  const change: IssueChange = { status: { to: 'resolved', resolution } }
  changeIssues(ids, change, { database, nowMs: startMs })
  digestion.events.forget()
  await digest(report(99, later, 'Own', startMs + hourMs))
  const [row] = rows(
    `select status, resolution ->> 'release' as release from issues join issue_texts on issue = id where id = ?`,
    ...ids,
  )
  return row
}

test.each([
  [['1.9.0', '0f3c9aa1b2'], '0f3c9aa1b2', 'resolved'],
  [['1.9.0', '0f3c9aa1b2'], '1.9.0', 'resolved'],
  [['1.9.0', '0f3c9aa1b2'], '77ac01de55', 'unresolved'],
  [['frontend@5.0.0', 'backend@1.0.0'], 'backend@1.0.0', 'resolved'],
  [['frontend@5.0.0', 'backend@1.0.0'], 'backend@1.0.1', 'unresolved'],
  [['backend@1.2.0', 'backend@1.10.0', 'backend@1.3.0'], 'backend@1.10.0', 'resolved'],
])('after %j, resolved in the next release and seen in %s: %s', async (before, later, status) => {
  expect(await resolvedAfter(before, { kind: 'next_release' }, later)).toMatchObject({ status })
})

test.each([
  [['2.0.0', '9e1f2ab0c4'], '9e1f2ab0c4'],
  [['9e1f2ab0c4', '2.0.0'], '2.0.0'],
  [['frontend@5.0.0', 'backend@1.0.0'], 'backend@1.0.0'],
])('after %j the latest release of the last one’s issue is %s', async (before, release) => {
  expect(await resolvedAfter(before, { kind: 'release' }, before[0]!)).toMatchObject({ release })
})
