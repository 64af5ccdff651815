import type { Frame, SentryEvent, Stacktrace } from '../event/sentry_event.ts'

/** What a stack of an event hangs on; the one of an event without exception has no place for its raw form. */
interface Holder {
  stacktrace?: Stacktrace
  raw_stacktrace?: Stacktrace
}

/** Every stack of an event: of its exceptions, its threads, its own. */
export function stacksOf(event: SentryEvent): Holder[] {
  const holders: Holder[] = [
    ...(event.exception?.values ?? []),
    ...(event.threads?.values ?? []),
    ...(event.stacktrace ? [event] : []),
  ]
  return holders.filter(({ stacktrace }) => stacktrace !== undefined)
}

/** A copy in which a frame can be changed without the original. */
export function copyOf(stacktrace: Stacktrace): Stacktrace {
  return { ...stacktrace, frames: stacktrace.frames.map((frame) => ({ ...frame })) }
}

/** Whether a frame is of JavaScript: those of a native part of the same event are not. */
export function isScript(event: SentryEvent, frame: Frame): boolean {
  const platform = frame.platform ?? event.platform
  return platform === 'javascript' || platform === 'node'
}
