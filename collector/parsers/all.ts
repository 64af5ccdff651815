import type { z } from 'zod'
import { systemClock } from '../../core/clock.ts'
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
  const checked = plugin.schema.safeParse(options)
  if (checked.success) return plugin.create(checked.data, context)
  const problems = checked.error.issues.map((issue) => describe(issue, plugin.schema))
  throw new ConfigError('WEIR_CONFIG_INVALID', `parser ${options.type}: ${problems.join('; ')}`)
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodObject): string {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schema.shape).filter((key) => key !== 'type')
    return `${issue.keys.join(', ')} is not an option: it has ${known.join(', ')}`
  }
  const path = issue.path.join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
