import { component, muted, type Component } from '../component.ts'
import type { SentryThread, Stacktrace } from '../../event/sentry_event.ts'
import type { EventView } from '../event_view.ts'
import { withoutStackless, type Parts, type Strategy } from './strategy.ts'

/** The thread that crashed, or the one that was running, or the only one. */
export const threads: Strategy = {
  name: 'threads',
  parts(view) {
    const values = (view.event.threads?.values ?? []).filter((one) => one != null)
    if (values.length === 0) return undefined
    const stacktrace = tellingThread(values)?.stacktrace
    if (!stacktrace) return { app: severalThreads, system: severalThreads }
    return stackParts(view, stacktrace, (stack) => component('threads', [stack]))
  },
}

const severalThreads = {
  ...component('threads', []),
  hint: 'ignored because contains multiple threads, or none with a stacktrace',
}

/** A stack trace that belongs to nothing. */
export const stacktrace: Strategy = {
  name: 'stacktrace',
  parts(view) {
    const { stacktrace: own } = view.event
    return own && stackParts(view, own, (stack) => stack)
  },
}

function stackParts(
  view: EventView,
  source: Stacktrace,
  around: (stack: Component) => Component,
): Parts {
  return withoutStackless(
    {
      app: around(view.stackPart(source, 'app')),
      system: around(view.stackPart(source, 'system')),
    },
    (part) => muted(part, part.hint),
  )
}

export function tellingThread(values: readonly SentryThread[]): SentryThread | undefined {
  for (const choice of [
    values.filter((one) => one.crashed === true),
    values.filter((one) => one.current === true),
    values,
  ]) {
    if (choice.length === 1) return choice[0]
    if (choice.length > 1) return undefined
  }
  return undefined
}
