import { priorityOf } from '../issues/state.ts'
import type { EventFacts } from './facts.ts'
import type { NewIssueTexts } from './issue_writer.ts'
import { tagOf } from './tags.ts'

/** What tells whether the texts of an issue still say what its events do. */
export const titleText = ({ grouping }: EventFacts): string =>
  `${grouping.title}\u0000${grouping.culprit}`

/** What an event gives its issue to show. */
export function textsOf(facts: EventFacts): NewIssueTexts {
  const { event, grouping, level, tags } = facts
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
    type: event.type,
    level,
    priority: priorityOf(level, handled === undefined ? undefined : handled === 'yes'),
    platform: event.platform,
    logger: event.logger,
    title: grouping.title,
    errorType: grouping.type,
    errorValue: grouping.value,
    culprit: grouping.culprit,
    filename: grouping.location,
    function: grouping.function,
    metadata: JSON.stringify(metadata),
  }
}
