import type { SentryEvent, SentryException, Stacktrace } from '../event/sentry_event.ts'
import type { CompiledRules } from './compiled_rules.ts'
import type { Component } from './component.ts'
import { knownStack } from './known_stack.ts'
import type { CrashFrame, KnownStack } from './remembered_stacks.ts'
import { stackComponent, type StackVariant } from './strategies/stack_component.ts'
import { viewStack, type ViewedStack } from './viewed_stack.ts'

/** An event under the rules: each of its stack traces is looked at once, whoever asks. */
export interface EventView {
  readonly event: SentryEvent
  readonly rules: CompiledRules
  /** A stack trace as a variant sees it; only people need what it is made of. */
  stackPart(stacktrace: Stacktrace, variant: StackVariant, exception?: SentryException): Component
  /** The frame people look at first: the last of the application, or the last of all. */
  crash(stacktrace: Stacktrace, exception?: SentryException): CrashFrame | undefined
  /** All stack traces of the event: of its exceptions, its threads, its own. */
  stacks(): readonly ViewedStack[]
}

/** @param isBrief components of stack traces lack what they are made of, which only people need: most are remembered. */
export function viewOf(event: SentryEvent, rules: CompiledRules, isBrief = false): EventView {
  const { platform } = event
  const seen = new Map<Stacktrace, ViewedStack>()
  const stack = (stacktrace: Stacktrace, exception?: SentryException) => {
    const known = seen.get(stacktrace)
    if (known) return known
    const viewed = viewStack(platform, rules, stacktrace, exception)
    seen.set(stacktrace, viewed)
    return viewed
  }
  const known = new Map<Stacktrace, KnownStack>()
  const know = (stacktrace: Stacktrace, exception?: SentryException) => {
    let found = known.get(stacktrace)
    if (found) return found
    const look = () => knownStack(stack(stacktrace, exception), stacktrace.snapshot)
    found = rules.stacks ? rules.stacks.find(stacktrace, platform, look) : look()
    known.set(stacktrace, found)
    return found
  }
  return {
    event,
    rules,
    stackPart: (stacktrace, variant, exception) =>
      isBrief
        ? know(stacktrace, exception)[variant]
        : stackComponent(stack(stacktrace, exception), variant, stacktrace.snapshot),
    crash: (stacktrace, exception) => know(stacktrace, exception).crash,
    stacks: () => [
      ...exceptionsOf(event).flatMap((one) => (one.stacktrace ? [stack(one.stacktrace, one)] : [])),
      ...(event.stacktrace ? [stack(event.stacktrace)] : []),
      ...(event.threads?.values ?? []).flatMap((one) =>
        one?.stacktrace ? [stack(one.stacktrace)] : [],
      ),
    ],
  }
}

/** Exceptions from the innermost cause to what was reported; a list that holds nothing has none. */
export function exceptionsOf(event: SentryEvent): readonly SentryException[] {
  return event.exception?.values ?? []
}
