import type { Frame, SentryException, Stacktrace } from '../event/sentry_event.ts'
import type { CompiledRules } from './compiled_rules.ts'
import type { RememberedFrame } from './remembered_frames.ts'
import { applyStackTraceRules, type RuledStack } from './rules/apply_stack_trace_rules.ts'

/** A stack trace under the rules. */
export interface ViewedStack extends RuledStack {
  readonly source: readonly Frame[]
  readonly known: readonly RememberedFrame[]
}

/** @param platform of the event. */
export function viewStack(
  platform: string,
  rules: CompiledRules,
  stacktrace: Stacktrace,
  exception?: SentryException,
): ViewedStack {
  const source = stacktrace.frames
  const known = source.map((frame) => rules.frame(frame, frame.platform ?? platform))
  const inApp = source.map((frame) => frame.in_app === true)
  const ruled = applyStackTraceRules(rules.stackTraces, known, inApp, {
    type: exception?.type ?? '',
    value: exception?.value ?? '',
    mechanism: exception?.mechanism?.type ?? '',
  })
  return { ...ruled, source, known }
}
