import type { Field } from '../../fields.ts'
import { defaultDateFormat } from '../../query/date_format.ts'
import { promotedColumns, type PromotedColumn } from '../columns.ts'
import type { Shape } from '../shape.ts'
import { seldom } from '../read_once.ts'
import { identifier, join, once, sql, verbatim, type Sql } from '../sql.ts'
import type { Resolved, ValueType } from './asked.ts'
import { microsOf } from './date_values.ts'

const promoted = new Map(promotedColumns.map((column) => [column.path, column]))

const valueTypes: Readonly<Record<Field['type'], ValueType>> = {
  keyword: 'VARCHAR',
  constant_keyword: 'VARCHAR',
  wildcard: 'VARCHAR',
  text: 'VARCHAR',
  match_only_text: 'VARCHAR',
  long: 'BIGINT',
  integer: 'BIGINT',
  short: 'BIGINT',
  byte: 'BIGINT',
  unsigned_long: 'DOUBLE',
  double: 'DOUBLE',
  float: 'DOUBLE',
  half_float: 'DOUBLE',
  scaled_float: 'DOUBLE',
  date: 'BIGINT',
  date_nanos: 'BIGINT',
  boolean: 'BOOLEAN',
  ip: 'VARCHAR',
  flattened: 'VARCHAR',
  object: 'VARCHAR',
}

/**
 * The SQL of a field's values. `shapes` say where in `_source` values stand, so that what no document has costs
 * nothing: a promoted column is read alone unless some document could have spilled it.
 *
 * @param containers JSON paths at which some document has an object or an array
 */
export function resolve(
  field: Field,
  shapes: readonly Shape[],
  containers: ReadonlySet<string>,
): Resolved {
  const type = valueTypes[field.type]
  if (field.path === '@timestamp' && (field.type === 'date' || field.type === 'date_nanos')) {
    return { field, type, scalar: verbatim('epoch_us("@timestamp")'), list: undefined }
  }
  if (field.type === 'constant_keyword' && field.value !== undefined) {
    return { field, type, scalar: sql`cast(${String(field.value)} as varchar)`, list: undefined }
  }
  const places = placesOf(shapes, containers)
  const kinds = new Set(shapes.map(({ kind }) => kind))
  const convert = (text: Sql) => once(text, '_text', (one) => converted(field, one, kinds))
  const column = promoted.get(field.source)
  const many =
    places.some((place) => place.many) || (field.type === 'flattened' && places.length > 1)
  const scalar = withNullValue(field, places, fromColumn(column, field, shapes, places, convert))
  if (!many) return { field, type, scalar, list: undefined }
  const list = listOf(places, convert, type)
  const whole = column ? listBesideColumn(column, field, convert, list) : list
  return { field, type, scalar: column ? scalar : sql`(${whole})[1]`, list: whole }
}

/** A place of values in the documents, and whether arrays or objects may stand there beside them. */
interface Place {
  readonly jsonPath: string
  readonly many: boolean
  readonly mixed: boolean
}

function placesOf(shapes: readonly Shape[], containers: ReadonlySet<string>): readonly Place[] {
  const paths = new Map<string, boolean>()
  for (const { jsonPath, many, kind } of shapes) if (kind !== 'object') paths.set(jsonPath, many)
  return [...paths].map(([jsonPath, many]) => {
    return { jsonPath, many, mixed: containers.has(jsonPath) }
  })
}

/** A document's text, number or boolean at a place as text; NULL for anything else. */
function textAt({ jsonPath, mixed }: Place): Sql {
  const text = sql`json_extract_string(_source, ${jsonPath})`
  if (!mixed) return text
  // Objects and arrays come as their JSON text.
  return sql`case when ${text}[1] in ('{', '[') and json_type(_source, ${jsonPath}) in ('OBJECT', 'ARRAY') then null else ${text} end`
}

function textsAt(place: Place): Sql {
  if (!place.many) return sql`[${textAt(place)}]`
  if (!place.mixed) return sql`coalesce(json_extract_string(_source, ${place.jsonPath}), [])`
  const values = sql`list_filter(json_extract(_source, ${place.jsonPath}), lambda j: json_type(j) not in ('OBJECT', 'ARRAY', 'NULL'))`
  return sql`coalesce(list_transform(${values}, lambda j: j->>'$'), [])`
}

function scalarAt(place: Place): Sql {
  return place.many
    ? sql`list_filter(${textsAt(place)}, lambda t: t is not null)[1]`
    : textAt(place)
}

function scalarOf(places: readonly Place[]): Sql {
  if (places.length === 0) return verbatim('null::varchar')
  if (places.length === 1) return scalarAt(places[0]!)
  return sql`coalesce(${join(places.map(scalarAt), ', ')})`
}

function listOf(places: readonly Place[], convert: (text: Sql) => Sql, type: ValueType): Sql {
  const texts = places.map(textsAt)
  const all = texts.length === 1 ? texts[0]! : sql`flatten([${join(texts, ', ')}])`
  const values = sql`list_transform(${all}, lambda t: ${convert(verbatim('t'))})`
  return sql`list_filter(${values}::${verbatim(type)}[], lambda v: v is not null)`
}

function fromColumn(
  column: PromotedColumn | undefined,
  field: Field,
  shapes: readonly Shape[],
  places: readonly Place[],
  convert: (text: Sql) => Sql,
): Sql {
  if (!column) return convert(scalarOf(places))
  const value = columnValue(column, field, convert)
  if (!maySpill(column, shapes)) return value
  return sql`case when list_contains(_spilled, ${column.path}) then ${seldom(convert(scalarOf(places)))} else ${value} end`
}

function columnValue(column: PromotedColumn, field: Field, convert: (text: Sql) => Sql): Sql {
  const name = identifier(column.path)
  const same = column.type === valueTypes[field.type] && !needsConversion(field)
  if (same) return name
  return convert(column.type === 'VARCHAR' ? name : sql`cast(${name} as varchar)`)
}

function listBesideColumn(
  column: PromotedColumn,
  field: Field,
  convert: (text: Sql) => Sql,
  list: Sql,
): Sql {
  const value = columnValue(column, field, convert)
  return sql`case when list_contains(_spilled, ${column.path}) then ${seldom(list)} when ${value} is null then [] else [${value}] end`
}

/** Whether a document may hold what the column cannot; see `baseColumns`' `_spilled`. */
function maySpill(column: PromotedColumn, shapes: readonly Shape[]): boolean {
  const kind = column.type === 'BIGINT' ? 'long' : 'string'
  const fits = shapes.every((shape) => {
    const isText = kind === 'string' && shape.kind === 'date_string'
    return !shape.many && (shape.kind === kind || isText)
  })
  return !fits || new Set(shapes.map(({ jsonPath }) => jsonPath)).size > 1
}

const needsConversion = ({ type, ignoreAbove }: Field) =>
  ignoreAbove !== undefined || type === 'date' || type === 'date_nanos' || type === 'ip'

function converted(field: Field, text: Sql, kinds: ReadonlySet<string>): Sql {
  switch (field.type) {
    case 'keyword':
    case 'wildcard':
    case 'flattened': {
      if (field.ignoreAbove === undefined) return text
      return sql`case when length(${text}) <= cast(${field.ignoreAbove} as bigint) then ${text} end`
    }
    case 'long':
    case 'integer':
    case 'short':
    case 'byte': {
      const whole = sql`try_cast(${text} as bigint)`
      if ([...kinds].every((kind) => kind === 'long')) return whole
      return sql`case when regexp_full_match(${text}, '[+-]?[0-9]+') then ${whole} else try_cast(trunc(${decimal(text)}) as bigint) end`
    }
    case 'double':
    case 'unsigned_long':
      return decimal(text)
    case 'float':
      return singleOf(text)
    case 'half_float':
      return once(singleOf(text), '_single', halfOf)
    case 'scaled_float': {
      const factor = sql`cast(${field.scalingFactor ?? 1} as double)`
      // As Elasticsearch, which keeps a long.
      const most = sql`9223372036854775808::double`
      const within = (value: Sql) =>
        sql`case when abs(${value}) > ${most} then sign(${value}) * ${most} else ${value} end`
      const scaled = once(sql`(${decimal(text)} * ${factor})`, '_scaled', within)
      return sql`(round(${scaled}) / ${factor})`
    }
    case 'date':
    case 'date_nanos':
      return microsOf(text, field.format ?? defaultDateFormat)
    case 'boolean':
      return sql`case ${text} when 'true' then true when 'false' then false when '' then false end`
    case 'ip':
      return sql`lower(${text})`
    default:
      return text
  }
}

/** Texts such as `nan`, `0x1f` or `1_000` are no numbers, nor is one beyond a double. */
const decimal = (text: Sql): Sql =>
  sql`case when regexp_full_match(${text}, '[ ]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[ ]*') then nullif(nullif(try_cast(${text} as double), 'infinity'::double), '-infinity'::double) end`

/** As 32 bits hold it; NULL for what they do not. */
const singleOf = (text: Sql): Sql => sql`cast(try_cast(${decimal(text)} as float) as double)`

/** As 16 bits hold it: eleven binary digits, of the smallest numbers fewer; NULL for what they do not. */
function halfOf(value: Sql): Sql {
  const exponent = sql`greatest(floor(log2(abs(${value}))), -14.0::double)`
  const unit = sql`pow(2.0::double, ${exponent} - 10)`
  return sql`case when ${value} = 0 then 0.0::double when abs(${value}) < 65520 then round_even(${value} / ${unit}, 0) * ${unit} end`
}

/** A null that stands in the document is `null_value`; where nothing stands it is not. */
function withNullValue(field: Field, places: readonly Place[], scalar: Sql): Sql {
  if (field.nullValue === undefined) return scalar
  const nested = `$.${field.source
    .split('.')
    .map((name) => `"${name.replaceAll('"', '')}"`)
    .join('.')}`
  const paths = new Set([
    nested,
    ...places.flatMap((place) => (place.many ? [] : [place.jsonPath])),
  ])
  const isNull = [...paths].map((path) => sql`json_type(_source, ${path}) = 'NULL'`)
  const value = converted(
    field,
    sql`cast(${String(field.nullValue)} as varchar)`,
    new Set(['string']),
  )
  return sql`coalesce(${scalar}, case when ${join(isNull, ' or ')} then ${value} end)`
}
