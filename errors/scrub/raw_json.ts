import { findSpans, mayHold } from './patterns.ts'
import type { CompiledScrubbing } from './rules.ts'

/** Whether scrubbing leaves parts of an event as they are, by their JSON. */
export interface RawScrubbing {
  isCleanLine(line: string): boolean
  /** @param json without escapes but for those of quotes and slashes */
  areCleanVars(json: string): boolean
}

/**
 * Undefined where lines of source are searched for more than the byte scan of frames looks out for: cards, numbers,
 * keys, passwords in URLs and bearer tokens.
 */
export function rawScrubbing(rules: CompiledScrubbing): RawScrubbing | undefined {
  const { active, lines, suspects, texts } = rules
  if (!active) return { isCleanLine: () => true, areCleanVars: () => true }
  if (lines.ipAddresses || lines.userPaths || lines.assignments !== undefined) return undefined
  return {
    isCleanLine: (line) => !mayHold(line, lines) || findSpans(line, lines) === undefined,
    areCleanVars: (json) => suspects?.test(json) === false && !mayHold(json, texts),
  }
}
