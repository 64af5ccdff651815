import type { FrameFacts, FrameTest } from './matcher.ts'
import type {
  Action,
  ExceptionFacts,
  FrameMatcher,
  FrameState,
  StackTraceRule,
} from './stack_trace_rules.ts'

/** What the rules made of a frame. */
export interface RuledFrame extends FrameState {
  /** The last rule that changed `inApp`. */
  appRule?: string
  /** Whether a rule says that it contributes, or does not. */
  group?: boolean
  groupRule?: string
}

/** What the rules made of a stack trace. */
export interface RuledStack {
  readonly frames: readonly RuledFrame[]
  /** 0: all. */
  maxFrames: number
  minFrames: number
  inverted?: boolean
}

/** A frame as rules see it, with the rules that can be about it. */
export interface RulableFrame {
  readonly facts: FrameFacts
  /** Ascending: places in the list of rules whose tests of what does not change hold. */
  readonly candidates: readonly number[]
}

/** Finds the places of the rules that can be about a frame; what is said of a platform is looked at once. */
export function candidateFinder(
  rules: readonly StackTraceRule[],
): (facts: FrameFacts) => readonly number[] {
  const byPlatform = new Map<string, readonly number[]>()
  return (facts) => {
    let places = byPlatform.get(facts.platform)
    if (!places) {
      places = [...rules.keys()].filter((at) => holds(rules[at]!.frame.platform, facts))
      if (byPlatform.size < 100) byPlatform.set(facts.platform, places)
    }
    return places.filter((at) => holds(rules[at]!.frame.facts, facts))
  }
}

const holds = (tests: readonly FrameTest[], facts: FrameFacts) => tests.every((test) => test(facts))

/**
 * Applies the rules in their order; each sees what those before it did. Frames from the outermost to the one that threw.
 */
export function applyStackTraceRules(
  rules: readonly StackTraceRule[],
  frames: readonly RulableFrame[],
  inApp: readonly boolean[],
  exception: ExceptionFacts,
): RuledStack {
  const ruled = inApp.map((value): RuledFrame => ({ inApp: value, category: '' }))
  const stack: RuledStack = { frames: ruled, maxFrames: 0, minFrames: 0 }
  for (const [place, matching] of matchingFrames(frames)) {
    const rule = rules[place]!
    if (!rule.exception.every((test) => test(exception))) continue
    const hits = matching.filter((at) => {
      return (
        rule.frame.state.every((test) => test(ruled[at]!)) &&
        neighbourFits(rule.caller, frames[at - 1], ruled[at - 1]) &&
        neighbourFits(rule.callee, frames[at + 1], ruled[at + 1])
      )
    })
    if (hits.length > 0) for (const action of rule.actions) act(action, rule.text, hits, stack)
  }
  return stack
}

/** By rule, in the rules' order: the frames that it can be about. */
function matchingFrames(frames: readonly RulableFrame[]): [number, number[]][] {
  const byRule = new Map<number, number[]>()
  for (let at = 0; at < frames.length; at++) {
    for (const place of frames[at]!.candidates) {
      const known = byRule.get(place)
      if (known) known.push(at)
      else byRule.set(place, [at])
    }
  }
  return byRule.size > 1 ? [...byRule].toSorted(([a], [b]) => a - b) : [...byRule]
}

function neighbourFits(
  matcher: FrameMatcher | undefined,
  frame: RulableFrame | undefined,
  state: RuledFrame | undefined,
): boolean {
  if (!matcher) return true
  if (!frame || !state) return false
  return (
    holds(matcher.platform, frame.facts) &&
    holds(matcher.facts, frame.facts) &&
    matcher.state.every((test) => test(state))
  )
}

function act(action: Action, rule: string, hits: readonly number[], stack: RuledStack) {
  switch (action.kind) {
    case 'app':
    case 'group':
      for (const frame of framesOf(action.range, hits, stack.frames)) {
        if (action.kind === 'group') {
          frame.group = action.value
          frame.groupRule = rule
        } else if (frame.inApp !== action.value) {
          frame.inApp = action.value
          frame.appRule = rule
        }
      }
      return
    case 'category':
      for (const at of hits) stack.frames[at]!.category = action.value
      return
    case 'max-frames':
      stack.maxFrames = action.value
      return
    case 'min-frames':
      stack.minFrames = action.value
      return
    case 'invert-stacktrace':
      stack.inverted = action.value
  }
}

/** Each frame once, however many the rule hit. */
function framesOf(
  range: 'self' | 'up' | 'down',
  hits: readonly number[],
  frames: readonly RuledFrame[],
): readonly RuledFrame[] {
  if (range === 'up') return frames.slice(hits[0]! + 1)
  if (range === 'down') return frames.slice(0, hits.at(-1))
  return hits.map((at) => frames[at]!)
}
