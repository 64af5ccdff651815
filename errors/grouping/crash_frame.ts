import type { Frame } from '../event/sentry_event.ts'
import type { EventView, ViewedStack } from './event_view.ts'
import { exceptionsOf } from './event_view.ts'
import { mainException } from './main_exception.ts'
import { tellingThread } from './strategies/threads.ts'

/** The frame people look at first: the last of the application, or the last of all. */
export function crashFrame(view: EventView): Frame | undefined {
  const stack = mainStack(view)
  if (!stack) return undefined
  const at = stack.frames.findLastIndex((frame, index) => frame.inApp && isNamed(stack, index))
  const chosen = at >= 0 ? at : stack.source.findLastIndex((_, index) => isNamed(stack, index))
  if (chosen < 0) return undefined
  const [frame, { facts }] = [stack.source[chosen]!, stack.known[chosen]!]
  return facts.function === (frame.function ?? '') ? frame : { ...frame, function: facts.function }
}

const isNamed = (stack: ViewedStack, at: number) => {
  const { function: name, filename, module, abs_path: absPath } = stack.source[at]!
  return Boolean(name || filename || module || absPath)
}

function mainStack(view: EventView): ViewedStack | undefined {
  const main = mainException(view)
  if (main?.stacktrace) return view.stack(main.stacktrace, main)
  const other = exceptionsOf(view.event).findLast((one) => one.stacktrace)
  if (other?.stacktrace) return view.stack(other.stacktrace, other)
  const threads = (view.event.threads?.values ?? []).filter((one) => one != null)
  const stacktrace = view.event.stacktrace ?? tellingThread(threads)?.stacktrace
  return stacktrace && view.stack(stacktrace)
}
