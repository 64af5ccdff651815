import { hash } from 'node:crypto'
import { builtInFingerprintRules, builtInStackTraceRules } from './built_in/built_in.ts'
import { compileRules, type CompiledRules } from './compiled_rules.ts'
import { newestVersion, type VersionId } from './version_ids.ts'

/** How a project's events are grouped, in words. */
export interface GroupingSettings {
  readonly version?: VersionId
  readonly fingerprintRules?: string
  readonly stackTraceRules?: string
  /** Whether Weir's own rules hold too. Default true. */
  readonly builtInRules?: boolean
}

/** How a project's events are grouped, ready to be used. */
export interface GroupingRules {
  /** The same id: the same hashes for the same event. */
  readonly id: string
  readonly version: VersionId
  readonly fingerprintRules: string
  readonly stackTraceRules: string
  readonly compiled: CompiledRules
  /** What held before: issues that it made are found by its hashes until then. */
  readonly previous?: { readonly rules: GroupingRules; readonly untilMs: number }
}

/**
 * Compiling takes milliseconds: do it once for each text, and share it.
 * @throws RuleError with the line and column of a mistake
 */
export function groupingRules(
  settings: GroupingSettings = {},
  previous?: { readonly settings: GroupingSettings; readonly untilMs: number },
): GroupingRules {
  const {
    version = newestVersion,
    fingerprintRules = '',
    stackTraceRules = '',
    builtInRules = true,
  } = settings
  const before = previous && {
    rules: groupingRules(previous.settings),
    untilMs: previous.untilMs,
  }
  const builtIn = builtInRules && [builtInStackTraceRules, builtInFingerprintRules]
  const all = [version, fingerprintRules, stackTraceRules, builtIn]
  return {
    id: hash('md5', JSON.stringify([...all, before && [before.rules.id, before.untilMs]]), 'hex'),
    version,
    fingerprintRules,
    stackTraceRules,
    compiled: compileRules(fingerprintRules, stackTraceRules, builtInRules),
    ...(before && { previous: before }),
  }
}
