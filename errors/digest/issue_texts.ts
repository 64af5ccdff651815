import type { DatabaseSync } from 'node:sqlite'
import { priorityOf } from '../issues/state.ts'
import type { JsonRecord } from '../../store/search.ts'
import type { GroupingSummary } from '../event_summary.ts'
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
    metadata: JSON.stringify(metadataOf(grouping)),
  }
}

type Named = Pick<GroupingSummary, 'title' | 'type' | 'value' | 'location' | 'function'>

/** As Sentry shows it of issues and events: of an exception its parts, of everything else the title. */
export function metadataOf({ title, type, value, location, function: name }: Named): JsonRecord {
  if (type === '') return { title }
  return {
    type,
    value,
    ...(location !== '' && { filename: location }),
    ...(name !== '' && { function: name }),
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
