import { z } from 'zod'
import { RuleError } from './rules/position.ts'
import { parseFingerprintRules } from './rules/fingerprint_rules.ts'
import { parseStackTraceRules } from './rules/stack_trace_rules.ts'
import { newestVersion, versionIds } from './version_ids.ts'

/** A text of rules; a mistake is reported with its line and column in it. */
const rules = (parse: (text: string) => unknown) =>
  z
    .string()
    .max(100_000)
    .superRefine((text, context) => {
      try {
        parse(text)
      } catch (failure) {
        if (!(failure instanceof RuleError)) throw failure
        context.addIssue({ code: 'custom', message: failure.message })
      }
    })

const choices = {
  version: z
    .enum(versionIds)
    .describe('How events are grouped when no rule says otherwise; a newer Weir may offer others'),
  fingerprint_rules: rules(parseFingerprintRules).describe(
    'Rules that give events a fingerprint, one a line: `type:DatabaseError value:"*timed out*" -> db-timeout, "{{ transaction }}"`',
  ),
  stack_trace_rules: rules(parseStackTraceRules).describe(
    'Rules that change which frames count, one a line: `stack.abs_path:**/vendor/** -app`',
  ),
  built_in_rules: z
    .boolean()
    .describe(
      "Whether Weir's own rules hold too: for frames of run times and for errors that browsers make many of",
    ),
} as const

const previous = z
  .strictObject({
    version: choices.version.default(newestVersion),
    fingerprint_rules: choices.fingerprint_rules.default(''),
    stack_trace_rules: choices.stack_trace_rules.default(''),
    built_in_rules: choices.built_in_rules.default(true),
    until: z
      .string()
      .refine((text) => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), {
        error: 'expected a date, such as 2027-02-01',
      })
      .describe('When it ends that issues are looked for by this too, such as 2027-02-01'),
  })
  .describe(
    'What held before a change of the version or the rules: until the given date issues are found by it too, so that the change splits none',
  )

/** How events become issues, in all projects. */
export const groupingConfig = z.strictObject({
  version: choices.version.default(newestVersion),
  fingerprint_rules: choices.fingerprint_rules.default(''),
  stack_trace_rules: choices.stack_trace_rules.default(''),
  built_in_rules: choices.built_in_rules.default(true),
  previous: previous.optional(),
})

export type GroupingConfig = z.output<typeof groupingConfig>

/** A project's own choices. */
export const projectGrouping = z.strictObject({ ...choices, previous }).partial()

export type ProjectGrouping = z.output<typeof projectGrouping>

export const groupingFields = {
  grouping: groupingConfig
    .prefault({})
    .describe('What makes events the same issue (docs/GROUPING.md); projects may differ'),
}

export const projectGroupingFields = {
  grouping: projectGrouping
    .optional()
    .describe(
      "What makes this project's events the same issue; its rules outweigh those of `errors.grouping`",
    ),
}
