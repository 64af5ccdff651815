import { component, muted, unmuted, type Component } from '../component.ts'
import { isSamePlace } from '../frames/frame.ts'
import type { ViewedStack } from '../viewed_stack.ts'
import type { Frame } from '../../event/sentry_event.ts'

export type StackVariant = 'app' | 'system'

/** The stack trace as one of the variants sees it. */
export function stackComponent(
  stack: ViewedStack,
  variant: StackVariant,
  snapshot = false,
): Component {
  const frames = frameComponents(stack, variant)
  muteSingleEmpty(stack, frames)
  applyGroupRules(stack, frames)
  const inverted = stack.inverted ?? snapshot
  if (stack.maxFrames > 0) muteBeyond(frames, stack.maxFrames, inverted)
  const whole = component('stacktrace', inverted ? frames.toReversed() : frames)
  const count = stack.minFrames > 0 ? contributing(frames) : 0
  if (whole.contributes && count < stack.minFrames) {
    const hint = `discarded because stack trace only contains ${count} contributing frames, fewer than the rules ask for (${stack.minFrames})`
    return muted(whole, hint)
  }
  if (!whole.contributes && frames.length > 0) {
    const hint =
      variant === 'app' ? 'contains no in-app frames' : 'contains no frames that contribute'
    return muted(whole, hint)
  }
  return whole
}

function frameComponents(stack: ViewedStack, variant: StackVariant): Component[] {
  const parts: Component[] = []
  const from = stack.known.findLastIndex((frame) => frame.callbackCause)
  // Within a variant, so that what libraries do between two frames of the application changes nothing of it.
  let before: Frame | undefined
  for (let at = 0; at < stack.known.length; at++) {
    const [known, ruled, source] = [stack.known[at]!, stack.frames[at]!, stack.source[at]!]
    const left = variant === 'app' && !ruled.inApp
    if (left) {
      parts.push(
        ruled.appRule === undefined ? known.nonApp : mutedBy(known.component, ruled.appRule),
      )
      continue
    }
    const recursive = before !== undefined && isSamePlace(source, before)
    before = source
    if (at <= from) parts.push(muted(known.component, 'ignored because only one engine keeps it'))
    else parts.push(recursive ? muted(known.component, recursion) : known.component)
  }
  return parts
}

const recursion = 'ignored due to recursion'

const mutedBy = (part: Component, rule: string) =>
  muted(part, `marked out of app by stack trace rule (${rule})`)

/** The one frame of a script without any name is the same for all of its errors. */
function muteSingleEmpty(stack: ViewedStack, frames: Component[]) {
  if (contributing(frames) !== 1) return
  const at = frames.findIndex((frame) => frame.contributes)
  if (!stack.known[at]!.empty) return
  frames[at] = muted(frames[at]!, 'ignored single non-URL JavaScript frame')
}

function applyGroupRules(stack: ViewedStack, frames: Component[]) {
  for (let at = 0; at < frames.length; at++) {
    const { group, groupRule } = stack.frames[at]!
    const frame = frames[at]!
    if (group === undefined || group === frame.contributes) continue
    frames[at] = group
      ? unmuted(frame, `un-ignored by stack trace rule (${groupRule})`)
      : muted(frame, `ignored by stack trace rule (${groupRule})`)
  }
}

/** Only the frames nearest to the crash count; of an inverted stack those at its other end. */
function muteBeyond(frames: Component[], most: number, inverted: boolean) {
  let count = 0
  for (let step = 0; step < frames.length; step++) {
    const at = inverted ? step : frames.length - 1 - step
    if (!frames[at]!.contributes) continue
    count++
    if (count > most) {
      frames[at] = muted(frames[at]!, `ignored because only ${most} frames are considered`)
    }
  }
}

const contributing = (frames: readonly Component[]) =>
  frames.reduce((count, frame) => count + (frame.contributes ? 1 : 0), 0)
