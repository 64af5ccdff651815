import { dayMs } from '../digest/span.ts'
import type { Asked, Row } from './asked.ts'
import { untilOf, type Figure, type Grid, type Sample } from './series.ts'
import { invalid } from './web_request.ts'

/** What is counted of sessions, and of their users by the day. */
export const amounts = [
  'sessions',
  'errored',
  'crashed',
  'abnormal',
  'users',
  'usersErrored',
  'usersCrashed',
  'usersAbnormal',
] as const
type Amount = (typeof amounts)[number]
export type SessionFigure = Figure<Amount>

export const amountOf =
  (name: Amount): SessionFigure =>
  (sums) =>
    sums[name]
export const share =
  (part: Amount, of: Amount): SessionFigure =>
  (sums) =>
    sums[of] === 0 ? null : sums[part] / sums[of]
export const without =
  (part: Amount, of: Amount): SessionFigure =>
  (sums) =>
    sums[of] === 0 ? null : 1 - sums[part] / sums[of]

const groupings = ['project', 'release', 'environment', 'session.status'] as const
type Grouping = (typeof groupings)[number]

/** @throws WebRefusal 400 naming the fields that there are. */
export function chosenFigures(
  fields: readonly string[],
  figures: ReadonlyMap<string, SessionFigure>,
): ReadonlyMap<string, SessionFigure> {
  const expected = [...figures.keys()].join(', ')
  if (fields.length === 0) throw invalid(`field: expected ${expected}`)
  return new Map(
    fields.map((field) => {
      const figure = figures.get(field)
      if (figure) return [field, figure]
      throw invalid(`field: "${field.slice(0, 50)}" is not supported: expected ${expected}`)
    }),
  )
}

/** Sums of the sessions that are asked, by the groups of `groupBy`. @throws WebRefusal 400 */
export function sessionsAsked(asked: Asked, grid: Grid): readonly Sample<Amount>[] {
  const by = asked.query.getAll('groupBy').map(knownGrouping)
  return [...sessionSamples(asked, grid, by), ...userSamples(asked, grid, by)]
}

function knownGrouping(name: string): Grouping {
  const known = groupings.find((each) => each === name)
  if (known) return known
  throw invalid(
    `groupBy: "${name.slice(0, 50)}" is not supported: expected ${groupings.join(', ')}`,
  )
}

const none = Object.fromEntries(amounts.map((name) => [name, 0])) as Record<Amount, number>

function* sessionSamples(
  asked: Asked,
  grid: Grid,
  by: readonly Grouping[],
): Iterable<Sample<Amount>> {
  for (const row of rowsOf('session_hours', 'hour_ms', asked, grid)) {
    const [started, errored, crashed, abnormal] = ['started', 'errored', 'crashed', 'abnormal'].map(
      (name) => Number(row[name]),
    ) as [number, number, number, number]
    const parts = by.includes('session.status')
      ? { healthy: started - errored - crashed - abnormal, errored, crashed, abnormal }
      : { '': started }
    for (const [status, sessions] of Object.entries(parts)) {
      const sums = status === '' ? { errored, crashed, abnormal } : {}
      yield {
        ms: Number(row['hour_ms']),
        by: groupOf(row, by, status),
        amounts: { ...none, ...sums, sessions },
      }
    }
  }
}

/** The worst that happened to a user: 0 ok, 1 errored, 2 abnormal, 3 crashed. */
const worst = ['healthy', 'errored', 'abnormal', 'crashed'] as const

function* userSamples(asked: Asked, grid: Grid, by: readonly Grouping[]): Iterable<Sample<Amount>> {
  for (const row of rowsOf('session_users', 'day_ms', asked, grid)) {
    const users = Number(row['users'])
    const what = Number(row['worst'])
    yield {
      // A day that began before the period counts in its first step.
      ms: Math.max(Number(row['day_ms']), grid.fromMs),
      by: groupOf(row, by, worst[what] ?? 'healthy'),
      amounts: {
        ...none,
        users,
        usersErrored: what === 1 ? users : 0,
        usersAbnormal: what === 2 ? users : 0,
        usersCrashed: what === 3 ? users : 0,
      },
    }
  }
}

function groupOf(
  row: Row,
  by: readonly Grouping[],
  status: string,
): Record<string, string | number> {
  const facts: Record<Grouping, string | number> = {
    project: Number(row['project']),
    release: String(row['release']),
    environment: String(row['environment']),
    'session.status': status,
  }
  return Object.fromEntries(by.map((name) => [name, facts[name]]))
}

function rowsOf(
  table: 'session_hours' | 'session_users',
  time: string,
  asked: Asked,
  grid: Grid,
): Row[] {
  const { environments } = asked
  const release = /^release:"?([^"\s]+)"?$/.exec(asked.query.get('query') ?? '')?.[1]
  if ((asked.query.get('query') ?? '') !== '' && release === undefined) {
    throw invalid(
      'query: sessions are asked by release:NAME only; use environment= and project= for these',
    )
  }
  const fromMs = table === 'session_users' ? grid.fromMs - (grid.fromMs % dayMs) : grid.fromMs
  const sums =
    table === 'session_hours'
      ? 'sum(started) as started, sum(errored) as errored, sum(crashed) as crashed, sum(abnormal) as abnormal'
      : 'worst, count(*) as users'
  return asked.rows(
    `select project, release, environment, ${time}, ${sums} from ${table}
     where project in (select value from json_each(?1)) and ${time} >= ?2 and ${time} < ?3
       and (?4 = '[]' or environment in (select value from json_each(?4))) and (?5 is null or release = ?5)
     group by project, release, environment, ${time}${table === 'session_users' ? ', worst' : ''}`,
    asked.projectIds,
    fromMs,
    untilOf(grid),
    JSON.stringify(environments),
    release ?? null,
  )
}
