import type { Frame } from '../event/sentry_event.ts'
import { muted, type Component } from './component.ts'
import { frameKey, knownFrame, type KnownFrame } from './frames/frame.ts'
import { candidateFinder } from './rules/apply_stack_trace_rules.ts'
import type { StackTraceRule } from './rules/stack_trace_rules.ts'

/** A frame with the rules that can be about it, remembered: programs have few frames that occur often. */
export interface RememberedFrame extends KnownFrame {
  readonly candidates: readonly number[]
  /** The same, as it is where only frames of the application count and this is none. */
  readonly nonApp: Component
}

/** What is known of a frame. @param platform the frame's own, or the event's */
export type FindFrame = (frame: Frame, platform: string) => RememberedFrame

/** Most frames remembered: half of them are forgotten at once, those used longest ago. */
const maxFrames = 4096
/** Frames of more text than this are looked at anew each time. */
const maxKey = 2048

/** What is known of frames under the rules, each looked at once as long as it is remembered. */
export function rememberedFrames(rules: readonly StackTraceRule[]): FindFrame {
  const candidatesOf = candidateFinder(rules)
  let young = new Map<string, RememberedFrame>()
  let old = new Map<string, RememberedFrame>()
  const keep = (key: string, frame: RememberedFrame) => {
    if (young.size >= maxFrames / 2) {
      old = young
      young = new Map()
    }
    young.set(key, frame)
    return frame
  }
  const find = (frame: Frame, platform: string) => {
    const key = frameKey(frame, platform)
    const known = young.get(key)
    if (known) return known
    const older = old.get(key)
    if (older) return keep(key, older)
    const found = remember(knownFrame(frame, platform), candidatesOf)
    return key.length <= maxKey ? keep(key, found) : found
  }
  return latelySeen(find)
}

/** What of a frame `frameKey` is made of, and what was found for it. */
interface Seen {
  readonly platform: string
  readonly mapped: boolean
  readonly function: string | undefined
  readonly rawFunction: string | undefined
  readonly module: string | undefined
  readonly filename: string | undefined
  readonly absPath: string | undefined
  readonly package: string | undefined
  readonly contextLine: string | undefined
  readonly found: RememberedFrame
}

/** A power of two. */
const slots = 2048

function slotOf({ function: name = '', filename = '', lineno = 0, colno = 0 }: Frame): number {
  const middle = name.charCodeAt(name.length >> 1) | 0
  const last = name.charCodeAt(name.length - 1) | 0
  const lengths = name.length * 131 + filename.length * 1031
  return (lineno * 31 + colno * 7 + middle * 257 + last * 17 + lengths) & (slots - 1)
}

/**
 * Frames that were seen last, each in a slot by its line and column: comparing texts costs a third of making a key of them
 * and hashing it.
 */
function latelySeen(find: FindFrame): FindFrame {
  const seen: (Seen | undefined)[] = Array.from({ length: slots })
  return (frame, platform) => {
    const { function: name, filename } = frame
    const slot = slotOf(frame)
    const last = seen[slot]
    const mapped = frame.data?.sourcemap != null
    if (
      last !== undefined &&
      last.platform === platform &&
      last.mapped === mapped &&
      last.function === name &&
      last.filename === filename &&
      last.module === frame.module &&
      last.absPath === frame.abs_path &&
      last.contextLine === frame.context_line &&
      last.rawFunction === frame.raw_function &&
      last.package === frame.package
    ) {
      return last.found
    }
    const found = find(frame, platform)
    if ((frame.context_line?.length ?? 0) > maxKey / 4) return found
    seen[slot] = {
      platform,
      mapped,
      function: name,
      rawFunction: frame.raw_function,
      module: frame.module,
      filename,
      absPath: frame.abs_path,
      package: frame.package,
      contextLine: frame.context_line,
      found,
    }
    return found
  }
}

function remember(
  frame: KnownFrame,
  candidatesOf: ReturnType<typeof candidateFinder>,
): RememberedFrame {
  return {
    ...frame,
    candidates: candidatesOf(frame.facts),
    nonApp: muted(frame.component, 'non app frame'),
  }
}
