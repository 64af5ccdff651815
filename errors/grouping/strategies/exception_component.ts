import type { SentryException } from '../../event/sentry_event.ts'
import { component, muted, nothing, type Component } from '../component.ts'
import type { EventView } from '../event_view.ts'
import { firstLines, parameterise } from '../parameterise.ts'
import type { StackVariant } from './stack_component.ts'

/** An exception: its type and its stack, or where it has none that contributes its type and its message. */
export function exceptionComponent(
  exception: SentryException,
  view: EventView,
  variant: StackVariant,
): Component {
  const stack = exception.stacktrace
    ? view.stackPart(exception.stacktrace, variant, exception)
    : nothing('stacktrace')
  const parts = [typeComponent(exception)]
  const nsError = nsErrorComponent(exception)
  if (nsError) parts.push(nsError)
  parts.push(valueComponent(exception.value ?? '', stack.contributes, nsError !== undefined), stack)
  return component('exception', parts)
}

function typeComponent({ type, mechanism }: SentryException): Component {
  if (type === undefined || type === '') return nothing('type')
  const known = component('type', [type])
  return mechanism?.synthetic === true
    ? muted(known, 'ignored because exception is synthetic')
    : known
}

/** Apple's errors have a domain and a code; what they say is in the user's language. */
function nsErrorComponent({ mechanism }: SentryException): Component | undefined {
  const meta = mechanism?.meta
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) return undefined
  const error = meta.ns_error
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return undefined
  const { domain, code } = error
  if (typeof domain !== 'string') return undefined
  return component('ns-error', [domain, ...(code == null ? [] : [String(code)])])
}

function valueComponent(value: string, hasStack: boolean, hasNsError: boolean): Component {
  const lines = firstLines(value)
  if (lines === '') return nothing('value')
  if (hasStack)
    return muted(component('value', [lines]), 'ignored because stacktrace takes precedence')
  const plain = parameterise(lines)
  const known =
    plain === value
      ? component('value', [plain])
      : component('value', [plain], 'stripped event-specific values')
  return hasNsError ? muted(known, 'ignored because ns-error info takes precedence') : known
}
