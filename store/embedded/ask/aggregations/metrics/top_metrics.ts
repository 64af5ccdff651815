import { exactWhole } from '../../../../../core/exact_json.ts'
import type { JsonRecord, JsonValue } from '../../../../search.ts'
import type { Answered, AnsweredStruct } from '../../../database.ts'
import { join, sql, verbatim } from '../../../sql.ts'
import type { MetricAnswer, MetricKind } from '../aggregation.ts'
import type { Options } from '../options.ts'
import { valuesOf, type ValueKind, type Values, type ValueSource } from '../values.ts'

const anything: readonly ValueKind[] = ['number', 'date', 'boolean', 'ip', 'text']

/** The values of some fields in the documents that sort first. */
export function topMetrics(options: Options): MetricKind {
  const size = options.integer('size', 1) ?? 1
  if (size > 10) {
    throw options.illegal(
      `[top_metrics.size] must not be more than [10] but was [${size}]. This limit can be set by changing the [index.top_metrics_max_size] index level setting.`,
    )
  }
  const source = (field: string): ValueSource => ({
    field,
    missing: undefined,
    format: undefined,
    timeZone: undefined,
    valueType: undefined,
    type: options.type,
    at: options.at,
  })
  const fields = fieldsOf(options)
  const sort = sortOf(options)
  return {
    family: 'metric',
    plan({ asked }) {
      const metrics = fields.map((field) => valuesOf(asked, source(field), anything))
      const by = valuesOf(asked, source(sort.field), ['number', 'date', 'boolean'])
      const parts = metrics.map(({ scalar }, at) => sql`${verbatim(`c${at}`)} := ${scalar}`)
      const row = sql`struct_pack(s := ${by.scalar}, ${join(parts, ', ')})`
      const name = verbatim(sort.descending ? 'arg_max' : 'arg_min')
      return {
        typed: 'top_metrics',
        columns: [
          (filter) => sql`${name}(${row}, ${by.scalar}, ${verbatim(String(size))})${filter}`,
        ],
        answer([found]): MetricAnswer {
          const rows = (found ?? []) as readonly AnsweredStruct[]
          const top = rows.map((each) => ({
            sort: [shown(by, each.s!)],
            metrics: Object.fromEntries(
              fields.map((field, at) => [field, shown(metrics[at]!, each[`c${at}`] ?? null)]),
            ),
          }))
          const numbers = (property: string) => {
            const value = rows[0]?.[`c${fields.indexOf(property)}`]
            return value == null ? null : Number(value)
          }
          return {
            family: 'metric',
            typed: 'top_metrics',
            json: { top } as JsonRecord,
            value: (property) =>
              property !== undefined && fields.includes(property) ? numbers(property) : undefined,
          }
        },
        order(property, [column]) {
          const at = property === undefined ? 0 : fields.indexOf(property)
          return at < 0 ? undefined : sql`${column!}[1].${verbatim(`c${at}`)}`
        },
      }
    },
  }
}

function fieldsOf(options: Options): readonly string[] {
  const given = options.raw('metrics')
  if (given == null) throw options.illegal('Required [metrics] missing')
  const list = Array.isArray(given) ? given : [given]
  return list.map((each) => {
    const inner = options.inner('metrics', each)
    const field = inner.required('field')
    inner.finish()
    return field
  })
}

function sortOf(options: Options): { readonly field: string; readonly descending: boolean } {
  const given = options.raw('sort')
  if (given == null) throw options.illegal('Required [sort] missing')
  const one: JsonValue = Array.isArray(given) ? given[0]! : given
  if (Array.isArray(given) && given.length !== 1) {
    throw options.illegal('[top_metrics] must sort by exactly one field')
  }
  if (typeof one === 'string') return { field: one, descending: false }
  const [field, how] = Object.entries(one as JsonRecord)[0] ?? []
  if (field === undefined || field === '_score') {
    throw options.illegal('[top_metrics] sorts by a field')
  }
  const order = typeof how === 'object' && how && !Array.isArray(how) ? how.order : how
  return { field, descending: order === 'desc' }
}

/** Dates as text, as Elasticsearch writes them there. */
function shown(values: Values, value: Answered): JsonValue {
  if (value === null) return null
  if (values.kind === 'date') return values.format.text(Math.floor(Number(value) / 1000))
  return typeof value === 'bigint' ? exactWhole(value) : (value as JsonValue)
}
