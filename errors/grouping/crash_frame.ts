import { exceptionsOf, type EventView } from './event_view.ts'
import { mainException } from './main_exception.ts'
import type { CrashFrame } from './remembered_stacks.ts'
import { tellingThread } from './strategies/threads.ts'

/** The frame people look at first, of the stack trace that they look at. */
export function crashFrame(view: EventView): CrashFrame | undefined {
  const main = mainException(view)
  if (main?.stacktrace) return view.crash(main.stacktrace, main)
  const other = exceptionsOf(view.event).findLast((one) => one.stacktrace)
  if (other?.stacktrace) return view.crash(other.stacktrace, other)
  const threads = (view.event.threads?.values ?? []).filter((one) => one != null)
  const stacktrace = view.event.stacktrace ?? tellingThread(threads)?.stacktrace
  return stacktrace && view.crash(stacktrace)
}
