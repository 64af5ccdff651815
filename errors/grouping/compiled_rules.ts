import type { Frame } from '../event/sentry_event.ts'
import { builtInFingerprintRules, builtInStackTraceRules } from './built_in/built_in.ts'
import { muted, type Component } from './component.ts'
import { frameKey, knownFrame, type KnownFrame } from './frames/frame.ts'
import { candidatesFor } from './rules/apply_stack_trace_rules.ts'
import { parseFingerprintRules, type FingerprintRule } from './rules/fingerprint_rules.ts'
import { parseStackTraceRules, type StackTraceRule } from './rules/stack_trace_rules.ts'

/** A frame with the rules that can be about it, remembered: programs have few frames that occur often. */
export interface RememberedFrame extends KnownFrame {
  readonly candidates: readonly number[]
  /** The same frame as the ones who leave it out need it: made when first asked for. */
  readonly nonApp: Component
  readonly recursive: Component
}

/** Rules ready to be applied, and what is remembered about frames under them. */
export interface CompiledRules {
  readonly fingerprints: readonly FingerprintRule[]
  readonly builtInFingerprints: readonly FingerprintRule[]
  /** The built-in ones first, so that a project's own have the last word. */
  readonly stackTraces: readonly StackTraceRule[]
  frame(frame: Frame, platform: string): RememberedFrame
}

/** Most frames remembered: half of them are forgotten at once, those used longest ago. */
const maxFrames = 8192
/** Frames of more text than this are looked at anew each time. */
const maxKey = 2048

/** @throws RuleError with the line and column of a mistake */
export function compileRules(
  fingerprintRules: string,
  stackTraceRules: string,
  builtIn: boolean,
): CompiledRules {
  const own = parseStackTraceRules(stackTraceRules)
  const stackTraces = builtIn ? [...builtInRules().stackTraces, ...own] : own
  return {
    fingerprints: parseFingerprintRules(fingerprintRules),
    builtInFingerprints: builtIn ? builtInRules().fingerprints : [],
    stackTraces,
    frame: rememberedFrames(stackTraces),
  }
}

let builtInParsed:
  | { stackTraces: readonly StackTraceRule[]; fingerprints: readonly FingerprintRule[] }
  | undefined

/** Read once, when first needed. */
function builtInRules() {
  return (builtInParsed ??= {
    stackTraces: parseStackTraceRules(builtInStackTraceRules),
    fingerprints: parseFingerprintRules(builtInFingerprintRules),
  })
}

function rememberedFrames(rules: readonly StackTraceRule[]): CompiledRules['frame'] {
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
  return (frame, platform) => {
    const key = frameKey(frame, platform)
    const known = young.get(key)
    if (known) return known
    const older = old.get(key)
    if (older) return keep(key, older)
    const found = remember(knownFrame(frame, platform), rules)
    return key.length <= maxKey ? keep(key, found) : found
  }
}

function remember(frame: KnownFrame, rules: readonly StackTraceRule[]): RememberedFrame {
  return {
    ...frame,
    candidates: candidatesFor(frame.facts, rules),
    nonApp: muted(frame.component, 'non app frame'),
    recursive: muted(frame.component, 'ignored due to recursion'),
  }
}
