import type { DatabaseSync } from 'node:sqlite'
import { priorityOf } from '../issues/state.ts'
import type { EventFacts } from './facts.ts'
import { tagOf } from './tags.ts'

/** What is shown of a new issue. */
export interface NewIssueTexts {
  readonly type: string
  readonly level: string
  readonly priority: string
  readonly platform: string
  readonly logger: string | undefined
  readonly title: string
  readonly errorType: string
  readonly errorValue: string
  readonly culprit: string
  readonly filename: string
  readonly function: string
  readonly metadata: string
}

/** What an event gives its issue to show. */
export function textsOf(facts: EventFacts): NewIssueTexts {
  const { summary, grouping, level, tags } = facts
  const handled = tagOf(tags, 'handled')
  const metadata =
    grouping.type === ''
      ? { title: grouping.title }
      : {
          type: grouping.type,
          value: grouping.value,
          ...(grouping.location !== '' && { filename: grouping.location }),
          ...(grouping.function !== '' && { function: grouping.function }),
        }
  return {
    type: summary.type,
    level,
    priority: priorityOf(level, handled === undefined ? undefined : handled === 'yes'),
    platform: summary.platform,
    logger: summary.logger,
    title: grouping.title,
    errorType: grouping.type,
    errorValue: grouping.value,
    culprit: grouping.culprit,
    filename: grouping.location,
    function: grouping.function,
    metadata: JSON.stringify(metadata),
  }
}

/** Has an issue show what an event says. */
export function textsWriter(database: DatabaseSync): (issue: number, facts: EventFacts) => void {
  const update = database.prepare(
    `update issue_texts set title = ?2, error_type = ?3, error_value = ?4, culprit = ?5, filename = ?6,
       function = ?7, metadata = ?8 where issue = ?1`,
  )
  return (issue, facts) => void update.run(issue, ...shownTexts(textsOf(facts)))
}

/** What is shown of an issue and follows its events, in the order of the columns. */
export const shownTexts = (texts: NewIssueTexts) =>
  [
    texts.title,
    texts.errorType,
    texts.errorValue,
    texts.culprit,
    texts.filename,
    texts.function,
    texts.metadata,
  ] as const
