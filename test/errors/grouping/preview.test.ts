import { describe, expect, it } from 'vitest'
import { preview } from '../../../errors/grouping/preview.ts'
import { groupingRules } from '../../../errors/grouping/rules.ts'
import { standard, thrown } from './events.ts'

const event = (type: string, name: string, page = 'home') =>
  thrown({ type, value: 'v' }, [{ module: 'app', function: name, in_app: true }], {
    tags: [['page', page]],
  })

describe('a preview of other rules', () => {
  it('says nothing of issues that stay as they are', () => {
    const stored = [
      { issue: 1, event: event('A', 'a') },
      { issue: 2, event: event('B', 'b') },
    ]
    expect(preview(standard, standard, stored)).toEqual({ events: 2, changedEvents: 0, issues: [] })
    const rules = groupingRules({ fingerprintRules: 'type:A -> a' })
    expect(preview(standard, rules, stored)).toEqual({ events: 2, changedEvents: 1, issues: [] })
  })

  it('names issues that would be one', () => {
    const rules = groupingRules({ fingerprintRules: 'type:A -> a title="All of A"' })
    const stored = [
      { issue: 1, event: event('A', 'a') },
      { issue: 2, event: event('A', 'b') },
      { issue: 3, event: event('B', 'b') },
    ]
    const { changedEvents, issues } = preview(standard, rules, stored)
    expect(changedEvents).toBe(2)
    expect(issues).toMatchObject([
      { issue: 1, events: 1, groups: [{ title: 'All of A', events: 1, sharedWith: [2] }] },
      { issue: 2, events: 1, groups: [{ title: 'All of A', events: 1, sharedWith: [1] }] },
    ])
    expect(issues[0]!.groups[0]!.hash).toBe(issues[1]!.groups[0]!.hash)
  })

  it('names issues that would be several', () => {
    const rules = groupingRules({ fingerprintRules: 'type:A -> {{ default }}, {{ tags.page }}' })
    const stored = [
      { issue: 1, event: event('A', 'a', 'home') },
      { issue: 1, event: event('A', 'a', 'cart') },
      { issue: 1, event: event('A', 'a', 'cart') },
    ]
    expect(preview(standard, rules, stored).issues).toMatchObject([
      {
        issue: 1,
        events: 3,
        groups: [
          { events: 2, sharedWith: [] },
          { events: 1, sharedWith: [] },
        ],
      },
    ])
  })
})
