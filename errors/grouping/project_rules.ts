import type { GroupingConfig, ProjectGrouping } from './config.ts'
import { groupingRules, type GroupingRules, type GroupingSettings } from './rules.ts'

/** Texts of which the compiled rules are kept. */
const maxKept = 100

/**
 * The rules of a project by its settings, compiled once: projects that say nothing of their own, or the same, share
 * them.
 * @param all `errors.grouping` of the config
 */
export function projectRules(
  all: GroupingConfig,
): (project: ProjectGrouping | undefined) => GroupingRules {
  const bySettings = new WeakMap<ProjectGrouping, GroupingRules>()
  const byText = new Map<string, GroupingRules>()
  const compile = (project: ProjectGrouping) => {
    const text = JSON.stringify(project)
    const known = byText.get(text)
    if (known) return known
    const made = rulesOf(all, project)
    const [oldest] = byText.keys()
    if (byText.size >= maxKept && oldest !== undefined) byText.delete(oldest)
    byText.set(text, made)
    return made
  }
  return (project = nothing) => {
    const known = bySettings.get(project)
    if (known) return known
    const made = compile(project)
    bySettings.set(project, made)
    return made
  }
}

const nothing: ProjectGrouping = {}

/**
 * What holds for a project. Its fingerprint rules are asked before those of all projects, as the first that fits
 * decides; its stack-trace rules come behind them, as the last word counts.
 */
export function rulesOf(all: GroupingConfig, project: ProjectGrouping = {}): GroupingRules {
  const before = project.previous ?? all.previous
  return groupingRules(
    {
      version: project.version ?? all.version,
      fingerprintRules: joined(project.fingerprint_rules, all.fingerprint_rules),
      stackTraceRules: joined(all.stack_trace_rules, project.stack_trace_rules),
      builtInRules: project.built_in_rules ?? all.built_in_rules,
    },
    before && { settings: settingsBefore(all, project, before), untilMs: Date.parse(before.until) },
  )
}

/** A previous state of one level stands beside what the other level has now. */
function settingsBefore(
  all: GroupingConfig,
  project: ProjectGrouping,
  before: NonNullable<GroupingConfig['previous']>,
): GroupingSettings {
  const ofProject = project.previous !== undefined
  const [upper, lower] = ofProject ? [all, before] : [before, project]
  return {
    version: before.version,
    fingerprintRules: joined(lower.fingerprint_rules, upper.fingerprint_rules),
    stackTraceRules: joined(upper.stack_trace_rules, lower.stack_trace_rules),
    builtInRules: before.built_in_rules,
  }
}

const joined = (first = '', second = '') =>
  first === '' || second === '' ? first + second : `${first}\n${second}`
