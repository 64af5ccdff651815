import { expect } from 'vitest'
import { viewOf } from '../../../errors/grouping/event_view.ts'
import { group } from '../../../errors/grouping/group.ts'
import type { Grouping } from '../../../errors/grouping/grouping.ts'
import { groupingRules } from '../../../errors/grouping/rules.ts'
import { variantsOf } from '../../../errors/grouping/variants.ts'
import { strategiesOf } from '../../../errors/grouping/versions.ts'
import type { Frame, SentryEvent, SentryException } from '../../../errors/event/sentry_event.ts'

export const standard = groupingRules()

export function eventOf(fields: Partial<SentryEvent> = {}): SentryEvent {
  return {
    event_id: '0'.repeat(32),
    timestamp: 1_790_000_000,
    received: 1_790_000_000,
    type: 'error',
    level: 'error',
    platform: 'python',
    ...fields,
  }
}

/** An event of one exception; frames from the outermost inwards. */
export function thrown(
  exception: Omit<SentryException, 'stacktrace'>,
  frames: Frame[],
  fields: Partial<SentryEvent> = {},
): SentryEvent {
  const stacktrace = frames.length > 0 ? { stacktrace: { frames } } : {}
  return eventOf({ exception: { values: [{ ...exception, ...stacktrace }] }, ...fields })
}

export function logged(message: string, fields: Partial<SentryEvent> = {}): SentryEvent {
  return eventOf({ type: 'default', logentry: { formatted: message }, ...fields })
}

/** With what stack traces are made of, which hashes do not depend on. */
export function grouped(event: SentryEvent, rules = standard): Grouping {
  const grouping = group(event, rules)
  const view = viewOf(event, rules.compiled)
  const { variants } = variantsOf(view, strategiesOf(rules.version))
  expect(variants.map(({ hash }) => hash)).toEqual(grouping.variants.map(({ hash }) => hash))
  return { ...grouping, splitHashes: grouping.splitHashes, variants }
}

export const hashesOf = (event: SentryEvent, rules = standard): readonly string[] =>
  group(event, rules).hashes

/** Whether an event of the one would be found by a hash of the other: they are one issue. */
export const isSameIssue = (one: SentryEvent, other: SentryEvent, rules = standard): boolean =>
  hashesOf(one, rules)[0] === hashesOf(other, rules)[0]
