import { SearchError, type JsonValue } from '../../../../search.ts'
import { all, any, sql, verbatim, type Sql } from '../../../sql.ts'
import { parseDate } from '../dates.ts'
import type { Options } from '../options.ts'
import { integer, numberLiteral, type Values } from '../values.ts'

type Condition = (key: Sql, values: Values) => Sql

/**
 * `include` and `exclude` of terms: a regular expression (texts only), a list of values, or a partition.
 * Which terms a partition has differs from Elasticsearch's; that every term is in exactly one does not.
 */
export function termFilter(options: Options): Condition | undefined {
  const include = condition(options, 'include')
  const exclude = condition(options, 'exclude')
  if (!include && !exclude) return undefined
  return (key, values) =>
    all([
      ...(include ? [include(key, values)] : []),
      ...(exclude ? [sql`not ${exclude(key, values)}`] : []),
    ])
}

function condition(options: Options, name: string): Condition | undefined {
  const given = options.raw(name)
  if (given == null) return undefined
  if (typeof given === 'string') {
    const pattern = re2OfLucene(given, options)
    return (key, values) => {
      if (values.kind !== 'text') {
        const reason = `Aggregation [${options.name}] cannot support regular expression style include/exclude settings as they can only be applied to string fields. Use an array of values for include/exclude clauses`
        throw options.illegal(reason)
      }
      return sql`regexp_full_match(${key}, ${pattern}, 's')`
    }
  }
  if (Array.isArray(given)) {
    return (key, values) => {
      return any(given.map((each) => sql`${key} = ${literal(each, values, options)}`))
    }
  }
  if (typeof given === 'object' && name === 'include') {
    const inner = options.inner(name, given)
    const partitions = inner.integer('num_partitions', 1)
    const partition = inner.integer('partition', 0)
    inner.finish()
    if (partitions === undefined || partition === undefined) {
      throw options.illegal(
        `Missing [partition] or [num_partitions] parameter for partition-based include`,
      )
    }
    const [count, own] = [partitions, partition].map((each) => verbatim(String(each))) as [Sql, Sql]
    return (key) => sql`hash(${key}) % ${count} = ${own}`
  }
  throw options.wrong(name, given)
}

function literal(value: JsonValue, values: Values, options: Options): Sql {
  if (value === null || typeof value === 'object') throw options.wrong('include', value)
  if (values.kind === 'date') {
    const { fieldFormat: format } = values
    const context = { format, timeZone: undefined, nowMs: 0 }
    return integer(BigInt(parseDate(value as string | number, context)) * 1000n)
  }
  if (values.kind === 'boolean')
    return verbatim(String(value) === 'true' || value === 1 ? 'true' : 'false')
  if (values.kind !== 'number') return sql`${String(value)}`
  const number = Number(value)
  if (Number.isNaN(number)) {
    const reason = `For input string: "${value}", at ${options.at}`
    throw new SearchError(400, 'number_format_exception', reason)
  }
  return numberLiteral(values.type, typeof value === 'boolean' ? number : value, options.at)
}

/** Lucene's syntax as RE2 has it; the whole term has to fit. */
function re2OfLucene(pattern: string, options: Options): string {
  let inClass = false
  return pattern.replaceAll(/\\.|./gsu, (part) => {
    if (part.startsWith('\\') && part.length > 1) {
      return /\\[A-Za-z0-9]/.test(part) && !/\\[dDsSwW]/.test(part) ? part.slice(1) : part
    }
    if (part === '[') inClass = true
    else if (part === ']') inClass = false
    else if (inClass) return part
    else if (part === '^' || part === '$') return `\\${part}`
    else if (part === '@') return '.*'
    else if (part === '#') return '[^\\s\\S]'
    else if ('~&<>"'.includes(part)) {
      throw options.illegal(
        `operator [${part}] in the regular expression [${pattern}] is not supported: escape it by \\`,
      )
    }
    return part
  })
}
