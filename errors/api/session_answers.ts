import { dayMs } from '../digest/span.ts'
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
import { answer } from './web_request.ts'

/** Fields by Sentry's names. */
const figures: ReadonlyMap<string, SessionFigure> = new Map([
  ['sum(session)', amountOf('sessions')],
  ['count_unique(user)', amountOf('users')],
  ['crash_rate(session)', share('crashed', 'sessions')],
  ['crash_rate(user)', share('usersCrashed', 'users')],
  ['crash_free_rate(session)', without('crashed', 'sessions')],
  ['crash_free_rate(user)', without('usersCrashed', 'users')],
  ['errored_rate(session)', share('errored', 'sessions')],
  ['anr_rate()', share('usersAbnormal', 'users')],
])

/** Sessions and their crash-free rates. Users are counted by the day: over more days a sum of days. */
export const listSessions: Answering = (asked) => {
  const chosen = chosenFigures(asked.query.getAll('field'), figures)
  const grid = gridOf(asked, dayMs)
  return answer({ ...seriesJson(sessionsAsked(asked, grid), grid, amounts, chosen), query: '' })
}
