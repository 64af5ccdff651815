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

/** What tells whether the texts of an issue still say what its events do. */
export const titleText = ({ grouping }: EventFacts): string =>
  `${grouping.title}\u0000${grouping.culprit}`

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
