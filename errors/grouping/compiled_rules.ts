import { builtInFingerprintRules, builtInStackTraceRules } from './built_in/built_in.ts'
import { rememberedFrames, type FindFrame } from './remembered_frames.ts'
import { RememberedStacks } from './remembered_stacks.ts'
import { parseFingerprintRules, type FingerprintRule } from './rules/fingerprint_rules.ts'
import { parseStackTraceRules, type StackTraceRule } from './rules/stack_trace_rules.ts'

/** Rules ready to be applied, and what is remembered about frames under them. */
export interface CompiledRules {
  readonly fingerprints: readonly FingerprintRule[]
  readonly builtInFingerprints: readonly FingerprintRule[]
  /** The built-in ones first, so that a project's own have the last word. */
  readonly stackTraces: readonly StackTraceRule[]
  readonly frame: FindFrame
  /** Undefined where what a rule does to a stack trace depends on its exception. */
  readonly stacks: RememberedStacks | undefined
}

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
    stacks: stackTraces.some(({ exception }) => exception.length > 0)
      ? undefined
      : new RememberedStacks(),
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
