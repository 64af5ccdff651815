import { systemClock } from '../../core/clock.ts'
import { explain } from '../../core/config/explain.ts'
import { formatProblem } from '../../core/config/problem.ts'
import { findingsOf } from '../../core/config/problems.ts'
import { ConfigError } from '../../core/errors.ts'
import { registry } from '../../core/plugin.ts'
import type { Parser, ParserContext } from '../parser.ts'
import { json } from './json.ts'
import { nginx } from './nginx.ts'
import { none } from './none.ts'
import { regexp } from './regexp.ts'
import { syslog } from './syslog.ts'

export const parsers = registry([json, nginx, syslog, regexp, none])

export type ParserConfig = string | { readonly type: string; readonly [option: string]: unknown }

/**
 * The parser that an input's `parser` describes: a type name, or an object with its options.
 *
 * @param fallback the type or object to use when there is none.
 * @throws ConfigError that names the option and what it may be.
 */
export function parserFrom(
  config: ParserConfig | undefined,
  fallback: ParserConfig,
  context: ParserContext = systemClock,
): Parser {
  const given = config ?? fallback
  const options = typeof given === 'string' ? { type: given } : given
  const plugin = parsers.plugins.find(({ type }) => type === options.type)
  if (!plugin) {
    throw new ConfigError(
      'WEIR_CONFIG_INVALID',
      `parser "${options.type}" is not known: use one of ${parsers.types.join(', ')}`,
    )
  }
  const checked = plugin.schema.safeParse(options, { error: explain, reportInput: true })
  if (checked.success) return plugin.create(checked.data, context)
  const problems = findingsOf(checked.error.issues).map(({ path, message, part }) =>
    // `unknown key "tiem_key"` names it already.
    part === 'key' ? message : formatProblem({ place: '', path, message }),
  )
  throw new ConfigError('WEIR_CONFIG_INVALID', `parser ${options.type}: ${problems.join('; ')}`)
}
