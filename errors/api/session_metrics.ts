import type { JsonRecord } from '../../store/search.ts'
import { dayMs, hourMs } from '../digest/span.ts'
import type { Answering } from './asked.ts'
import { gridOf, seriesJson } from './series.ts'
import {
  amountOf,
  amounts,
  chosenFigures,
  sessionsAsked,
  share,
  without,
  type SessionFigure,
} from './session_series.ts'
import { answer, invalid } from './web_request.ts'

/** Metrics that Sentry derives from sessions, by its names: those that Grafana's data source offers. */
const figures: ReadonlyMap<string, SessionFigure> = new Map<string, SessionFigure>([
  ['session.all', amountOf('sessions')],
  ['session.healthy', (sums) => sums.sessions - sums.errored - sums.crashed - sums.abnormal],
  ['session.errored', amountOf('errored')],
  ['session.crashed', amountOf('crashed')],
  ['session.abnormal', amountOf('abnormal')],
  ['session.crash_rate', share('crashed', 'sessions')],
  ['session.crash_free_rate', without('crashed', 'sessions')],
  ['count_unique(sentry.sessions.user)', amountOf('users')],
  [
    'session.healthy_user',
    (sums) => sums.users - sums.usersErrored - sums.usersCrashed - sums.usersAbnormal,
  ],
  ['session.errored_user', amountOf('usersErrored')],
  ['session.crashed_user', amountOf('usersCrashed')],
  ['session.abnormal_user', amountOf('usersAbnormal')],
  ['session.crash_user_rate', share('usersCrashed', 'users')],
  ['session.crash_free_user_rate', without('usersCrashed', 'users')],
  ['session.anr_rate', share('usersAbnormal', 'users')],
  ['session.foreground_anr_rate', share('usersAbnormal', 'users')],
])

type Group = { readonly by: JsonRecord; readonly totals: JsonRecord; readonly series: JsonRecord }

/** Sessions as metrics: `field`, `groupBy`, `orderBy` (a field or `release`, `-` for the highest first), `per_page` groups. */
export const listSessionMetrics: Answering = (asked) => {
  const { query } = asked
  const fields = query.getAll('field')
  const orderBy = query.get('orderBy') ?? ''
  const name = orderBy.replace(/^-/, '')
  const ordering = name === '' || name === 'release' ? [] : [name]
  chosenFigures(fields, figures)
  const chosen = chosenFigures([...fields, ...ordering], figures)
  const grid = gridOf(asked, dayMs, hourMs, true)
  const json = seriesJson(sessionsAsked(asked, grid), grid, amounts, chosen)
  const only = (values: JsonRecord) =>
    Object.fromEntries(fields.map((field) => [field, values[field] ?? null])) as JsonRecord
  const groups = ordered(json['groups'] as unknown as readonly Group[], orderBy)
    .slice(0, asked.limit)
    .map(({ by, totals, series }) => ({ by, totals: only(totals), series: only(series) }))
  return answer({ ...json, groups, query: query.get('query') ?? '' })
}

function ordered(groups: readonly Group[], orderBy: string): readonly Group[] {
  if (orderBy === '') return groups
  const name = orderBy.replace(/^-/, '')
  const sign = orderBy.startsWith('-') ? -1 : 1
  if (name !== 'release') {
    const total = ({ totals }: Group) => Number(totals[name] ?? -1)
    return groups.toSorted((a, b) => sign * (total(a) - total(b)))
  }
  if (groups.some(({ by }) => by['release'] === undefined))
    throw invalid('orderBy: groups are ordered by release only with groupBy=release')
  const release = ({ by }: Group) => String(by['release'])
  return groups.toSorted((a, b) => sign * (release(a) < release(b) ? -1 : 1))
}
