import type { SentryEvent } from '../../event/sentry_event.ts'
import { component, type Component } from '../component.ts'
import { firstLines, parameterise } from '../parameterise.ts'
import type { Strategy } from './strategy.ts'

/** What was logged: with its placeholders where there are some, else without what differs from time to time. */
export const message: Strategy = {
  name: 'message',
  parts({ event }) {
    const text = messageOf(event)
    return text === '' ? undefined : { default: messageComponent(text) }
  },
}

/** The template of a message before what was filled in. */
export function messageOf({ logentry }: SentryEvent): string {
  return logentry?.message || logentry?.formatted || ''
}

function messageComponent(text: string): Component {
  const lines = firstLines(text)
  const plain = parameterise(lines)
  return plain === text
    ? component('message', [plain])
    : component('message', [plain], 'stripped event-specific values')
}
