import { z } from 'zod'
import { messageOf } from '../../core/errors.ts'
import { type Event } from '../event.ts'
import { valueAt } from '../../core/json.ts'
import { defineFilter } from '../filter.ts'
import { textOf } from './field.ts'

const expression = z.string().superRefine((source, context) => {
  try {
    new RegExp(source, 'u')
  } catch (failure) {
    context.addIssue({ code: 'custom', message: `${messageOf(failure)}; write it without slashes` })
  }
})
const conditions = () => z.record(z.string().min(1), expression).default({})

/**
 * Keeps the events whose fields fit `include` and that `exclude` does not name. As in Fluentd's grep a
 * field that is missing or null counts as the empty text, all of `include` must fit (its `<and>`) and
 * any of `exclude` is enough (its `<or>`); `include_when` and `exclude_when` say it otherwise.
 */
export const grep = defineFilter(
  'grep',
  'Keeps or drops events by regular expressions on their fields.',
  {
    include: conditions().describe(
      'Field to regular expression; events that do not fit are dropped. `(?i:…)` ignores case',
    ),
    exclude: conditions().describe('Field to regular expression; events that fit are dropped'),
    include_when: z
      .enum(['all', 'any'])
      .default('all')
      .describe('Whether all fields of `include` must fit, or one is enough'),
    exclude_when: z
      .enum(['all', 'any'])
      .default('any')
      .describe('Whether all fields of `exclude` must fit, or one is enough'),
  },
  (config) => {
    const wanted = condition(config.include, config.include_when) ?? (() => true)
    const unwanted = condition(config.exclude, config.exclude_when) ?? (() => false)
    return { apply: (event) => (wanted(event) && !unwanted(event) ? event : null) }
  },
  ({ include, exclude }, context) => {
    if (Object.keys(include).length + Object.keys(exclude).length > 0) return
    const message = 'grep without a condition does nothing: write include or exclude'
    context.addIssue({ code: 'custom', message })
  },
)

/** Whether an event fits; undefined when there is nothing to fit. */
function condition(expressions: Record<string, string>, when: 'all' | 'any') {
  const tests = Object.entries(expressions).map(([field, source]) => {
    const regex = new RegExp(source, 'u')
    return (event: Event) => regex.test(textOf(valueAt(event, field)))
  })
  if (tests.length === 0) return undefined
  if (when === 'all') return (event: Event) => tests.every((test) => test(event))
  return (event: Event) => tests.some((test) => test(event))
}
