import type { SentryException } from '../event/sentry_event.ts'
import { exceptionsOf, type EventView } from './event_view.ts'
import { relevantOf } from './strategies/exceptions.ts'

const reactRecovered = /^There was an error (?:during concurrent rendering|while hydrating)/
const rxJava =
  /^(?:OnErrorNotImplementedException|UndeliverableException|CompositeException|CompositeThrowable)$/
const rxModule = /^(?:io\.reactivex\.|rx\.)/

/**
 * The exception that an event is called by: what was reported, unless that only wraps what happened — a group of one
 * failure, React's report of having recovered, RxJava's of nobody having listened.
 */
export function mainException(view: EventView): SentryException | undefined {
  const all = exceptionsOf(view.event)
  const last = all.at(-1)
  if (!last || all.length === 1) return last
  if (isWrapper(last)) {
    // The cause of a wrapper comes before it; one wrapper may wrap another.
    const inner = all.slice(0, -1).findLast((one) => !isWrapper(one) && (one.type || one.value))
    if (inner) return inner
  }
  return relevantOf(view).main ?? last
}

function isWrapper({ type = '', value = '', module = '' }: SentryException): boolean {
  if (reactRecovered.test(value)) return true
  const name = type.slice(type.lastIndexOf('.') + 1)
  return rxJava.test(name) && (rxModule.test(module) || rxModule.test(type) || module === '')
}
