import type { z } from 'zod'
import { explainUnknownKey, knownKeys } from './explain.ts'
import type { Path } from './problem.ts'

/** A mistake that a schema found, before anybody looked up where it stands. */
export interface Finding {
  readonly path: Path
  readonly message: string
  /** Whether the key itself is the mistake, or its value. */
  readonly part: 'key' | 'value'
}

/** Flattens zod's issues: one finding a mistake, of a union only what the chosen branch says. */
export function findingsOf(issues: readonly z.core.$ZodIssue[], prefix: Path = []): Finding[] {
  return issues.flatMap((issue) => {
    const path: Path = [...prefix, ...(issue.path as (string | number)[])]
    switch (issue.code) {
      case 'unrecognized_keys': {
        const known = Reflect.get(issue, knownKeys) as string[] | undefined
        return issue.keys.map((key) => ({
          path: [...path, key],
          message: explainUnknownKey(key, known ?? []),
          part: 'key' as const,
        }))
      }
      case 'invalid_union': {
        const branch = chosenBranch(issue.errors)
        if (branch) return findingsOf(branch, path)
        break
      }
      case 'invalid_key':
      case 'invalid_element':
        return findingsOf(issue.issues, path)
    }
    return [{ path, message: issue.message, part: 'value' as const }]
  })
}

/** Whether a value is not of the kind that is asked for, be it one of several. */
const isOfOtherKind = (issue: z.core.$ZodIssue): boolean =>
  issue.path.length === 0 &&
  (issue.code === 'invalid_type' ||
    issue.code === 'invalid_value' ||
    (issue.code === 'invalid_union' && !chosenBranch(issue.errors)))

/** The branch of a union whose kind of value it is: text, list or map; undefined when none fits. */
function chosenBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const fitting = branches.filter((branch) => !branch.some(isOfOtherKind))
  return fitting.toSorted((a, b) => a.length - b.length)[0]
}
