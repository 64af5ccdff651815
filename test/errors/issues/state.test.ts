import { expect, test } from 'vitest'
import {
  comesBack,
  priorityOf,
  regresses,
  shortIdOf,
  type Archive,
  type ArchivedCounts,
} from '../../../errors/issues/state.ts'

const order = ['1.0', '1.1', '1.2']
const facts = {
  compare: (a: string, b: string) =>
    order.includes(a) && order.includes(b) ? order.indexOf(a) - order.indexOf(b) : undefined,
  releasesOf: (commit: string) => (commit === 'abc' ? ['1.1'] : []),
}
const at = (release: string | undefined, timestampMs = 100_000) => ({ release, timestampMs })
const resolved = { at_ms: 50_000 }

test('resolved now: any later event brings it back, one from before does not', () => {
  const now = { ...resolved, kind: 'now' as const }
  expect(regresses(now, at('1.0'), facts)).toBe(true)
  expect(regresses(now, at(undefined), facts)).toBe(true)
  expect(regresses(now, at('1.0', 44_999), facts)).toBe(false)
})

test.each([
  ['next_release', '1.0', false],
  ['next_release', '1.1', false],
  ['next_release', '1.2', true],
  ['next_release', undefined, true],
  ['release', '1.0', false],
  ['release', '1.1', true],
  ['release', 'unknown', true],
] as const)('resolved in %s 1.1: an event of %s', (kind, release, comesBackAgain) => {
  expect(regresses({ ...resolved, kind, release: '1.1' }, at(release), facts)).toBe(comesBackAgain)
})

test('resolved in a commit: nothing comes back before a release has it', () => {
  const commit = { ...resolved, kind: 'commit' as const }
  expect(regresses({ ...commit, commit: 'fff' }, at('1.2'), facts)).toBe(false)
  expect(regresses({ ...commit, commit: 'abc' }, at('1.0'), facts)).toBe(false)
  expect(regresses({ ...commit, commit: 'abc' }, at('1.1'), facts)).toBe(true)
})

const archive = (more: Partial<Archive>): Archive => ({
  base_events: 10,
  base_users: 2,
  at_ms: 0,
  ...more,
})
const counted = (more: Partial<ArchivedCounts>): ArchivedCounts => ({
  nowMs: 1000,
  events: 10,
  users: 2,
  eventsSince: () => 0,
  usersSince: () => 0,
  eventsOfHour: 0,
  ...more,
})

test.each<[string, Partial<Archive>, Partial<ArchivedCounts>, string | undefined]>([
  ['for ever', {}, { events: 1e6 }, undefined],
  ['until a time', { until_ms: 1001 }, {}, undefined],
  ['until a time', { until_ms: 1000 }, {}, 'ongoing'],
  ['until 5 more events', { events: 5 }, { events: 14 }, undefined],
  ['until 5 more events', { events: 5 }, { events: 15 }, 'ongoing'],
  [
    'until 5 events in a while',
    { events: 5, window_ms: 60 },
    { events: 99, eventsSince: () => 4 },
    undefined,
  ],
  ['until 5 events in a while', { events: 5, window_ms: 60 }, { eventsSince: () => 5 }, 'ongoing'],
  ['until 3 more users', { users: 3 }, { users: 5 }, 'ongoing'],
  ['until it escalates', { escalates_above: 20 }, { eventsOfHour: 20 }, undefined],
  ['until it escalates', { escalates_above: 20 }, { eventsOfHour: 21 }, 'escalating'],
])('archived %s', (_what, given, now, expected) => {
  expect(comesBack(archive(given), counted(now))).toBe(expected)
})

test('short ids are the slug and the number in base 32', () => {
  expect(shortIdOf('shop', 1)).toBe('SHOP-1')
  expect(shortIdOf('shop', 32)).toBe('SHOP-10')
  expect(shortIdOf('shop-web', 33 * 31)).toBe('SHOP-WEB-ZZ')
})

test('what crashes is more urgent than what was caught', () => {
  expect(priorityOf('error', false)).toBe('high')
  expect(priorityOf('error', true)).toBe('medium')
  expect(priorityOf('fatal', true)).toBe('high')
  expect(priorityOf('info', undefined)).toBe('low')
})
