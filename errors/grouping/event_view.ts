import type { Frame, SentryEvent, SentryException, Stacktrace } from '../event/sentry_event.ts'
import type { CompiledRules } from './compiled_rules.ts'
import type { RememberedFrame } from './remembered_frames.ts'
import { applyStackTraceRules, type RuledStack } from './rules/apply_stack_trace_rules.ts'

/** A stack trace under the rules. */
export interface ViewedStack extends RuledStack {
  readonly source: readonly Frame[]
  readonly known: readonly RememberedFrame[]
}

/** An event under the rules: each of its stack traces is looked at once, whoever asks. */
export interface EventView {
  readonly event: SentryEvent
  readonly rules: CompiledRules
  stack(stacktrace: Stacktrace, exception?: SentryException): ViewedStack
  /** All stack traces of the event: of its exceptions, its threads, its own. */
  stacks(): readonly ViewedStack[]
}

export function viewOf(event: SentryEvent, rules: CompiledRules): EventView {
  const seen = new Map<Stacktrace, ViewedStack>()
  const stack: EventView['stack'] = (stacktrace, exception) => {
    const known = seen.get(stacktrace)
    if (known) return known
    const viewed = viewStack(event, rules, stacktrace, exception)
    seen.set(stacktrace, viewed)
    return viewed
  }
  const stacks = () => [
    ...exceptionsOf(event).flatMap((one) => (one.stacktrace ? [stack(one.stacktrace, one)] : [])),
    ...(event.stacktrace ? [stack(event.stacktrace)] : []),
    ...(event.threads?.values ?? []).flatMap((one) =>
      one?.stacktrace ? [stack(one.stacktrace)] : [],
    ),
  ]
  return { event, rules, stack, stacks }
}

/** Exceptions from the innermost cause to what was reported; a list that holds nothing has none. */
export function exceptionsOf(event: SentryEvent): readonly SentryException[] {
  return event.exception?.values ?? []
}

function viewStack(
  event: SentryEvent,
  rules: CompiledRules,
  stacktrace: Stacktrace,
  exception?: SentryException,
): ViewedStack {
  const source = stacktrace.frames
  const known = source.map((frame) => rules.frame(frame, frame.platform ?? event.platform))
  const inApp = source.map((frame) => frame.in_app === true)
  const ruled = applyStackTraceRules(rules.stackTraces, known, inApp, {
    type: exception?.type ?? '',
    value: exception?.value ?? '',
    mechanism: exception?.mechanism?.type ?? '',
  })
  return { ...ruled, source, known }
}
