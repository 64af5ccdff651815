import { expect, test } from 'vitest'
import { subjectOf, type Trigger, wants } from '../../../errors/alerts/trigger.ts'
import { rulesOf, slugs } from './database.ts'

const trigger: Trigger = {
  kind: 'new_issue',
  project: 1,
  issue: 7,
  atMs: 0,
  data: { level: 'error', environment: 'production', tags: { zone: 'eu', empty: '' } },
}

function isWanted(rule: object, given: Partial<Trigger> = {}): boolean {
  const [made] = rulesOf({ when: 'new_issue', to: ['ops'], ...rule })
  return wants(made!, { ...trigger, ...given }, slugs)
}

test('a rule chooses by occasion, project, environment, level and tags', () => {
  expect(isWanted({})).toBe(true)
  expect(isWanted({ when: ['regression', 'new_issue'] })).toBe(true)
  expect(isWanted({ when: 'regression' })).toBe(false)
  expect(isWanted({ projects: ['shop', 'x'] })).toBe(true)
  expect(isWanted({ projects: ['blog'] })).toBe(false)
  expect(isWanted({ environments: ['production'] })).toBe(true)
  expect(isWanted({ environments: ['staging'] })).toBe(false)
  expect(isWanted({ environments: ['staging'] }, { data: {} })).toBe(false)
  expect(isWanted({ level: 'warning' })).toBe(true)
  expect(isWanted({ level: 'fatal' })).toBe(false)
  expect(isWanted({ level: 'debug' }, { data: {} })).toBe(false)
  expect(isWanted({ tags: { zone: 'eu' } })).toBe(true)
  expect(isWanted({ tags: { zone: '*', empty: '*' } })).toBe(true)
  expect(isWanted({ tags: { zone: 'us' } })).toBe(false)
  expect(isWanted({ tags: { other: '*' } })).toBe(false)
  expect(isWanted({ tags: { toString: '*' } })).toBe(false)
})

test('what was counted for a rule is for that rule alone', () => {
  const rule = { when: 'event_count', events: 5, projects: ['blog'] }
  const counted = { kind: 'event_count', data: { rule: 'rule-1' } } as const
  expect(isWanted(rule, counted)).toBe(true)
  expect(isWanted({ ...rule, name: 'other' }, counted)).toBe(false)
})

test('a cooldown is about an issue, a monitor in an environment, a project', () => {
  expect(subjectOf(trigger)).toBe('issue:7')
  const { issue: _issue, ...plain } = trigger
  const missed = { ...plain, kind: 'missed_check_in' } as const
  expect(subjectOf({ ...missed, data: { monitor: 'nightly', environment: 'production' } })).toBe(
    'missed_check_in:1:nightly:production',
  )
  expect(subjectOf({ ...plain, kind: 'crash_free_rate', data: {} })).toBe('crash_free_rate:1::')
})
