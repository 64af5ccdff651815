import type { Field, FieldType } from '../../fields.ts'
import type { JsonRecord, JsonValue } from '../../search.ts'
import { join, sql, verbatim } from '../sql.ts'
import { flag, illegal, isRecord, onlyKeys, textOption, wholeNumber } from './body_options.ts'
import { FieldTable, isAnalysed, namePattern, type AskedIndex } from './field_table.ts'
import { noNeeds } from './needs.ts'
import { askedOf } from './question.ts'
import { shardsOf } from './answer.ts'
import type { World } from './world.ts'

/** Types by which `_field_caps` knows a family of them. */
const families: Partial<Readonly<Record<FieldType, string>>> = {
  match_only_text: 'text',
  wildcard: 'keyword',
  constant_keyword: 'keyword',
}

/** `_id` can be asked for and not sorted by in Elasticsearch; Weir's can. */
const metadata: readonly (readonly [string, boolean, boolean])[] = [
  ['_id', true, false],
  ['_index', true, true],
  ['_seq_no', true, true],
  ['_source', false, false],
  ['_doc_count', false, false],
  ['_version', false, true],
]

/** `_field_caps` of the fields that fit `patterns`. */
export function fieldCaps(indices: readonly AskedIndex[], patterns: readonly string[]): JsonRecord {
  const table = new FieldTable(indices)
  const fields = new Map<string, JsonRecord>()
  const wanted = patterns.map(namePattern)
  for (const [path, searchable, aggregatable] of metadata) {
    if (!wanted.some((each) => each.test(path))) continue
    fields.set(path, { [path]: caps(path, searchable, aggregatable, true) })
  }
  for (const path of new Set(patterns.flatMap((each) => table.names(each)))) {
    fields.set(path, capsOf(table, path))
    for (let end = path.indexOf('.'); end > 0; end = path.indexOf('.', end + 1)) {
      const parent = path.slice(0, end)
      if (fields.has(parent) || table.known(parent)) continue
      if (wanted.some((each) => each.test(parent))) {
        fields.set(parent, { object: caps('object', false, false) })
      }
    }
  }
  return { indices: indices.map(({ name }) => name), fields: Object.fromEntries(fields) }
}

function capsOf(table: FieldTable, path: string): JsonRecord {
  const { field, indicesByType } = table.known(path)!
  const types = Map.groupBy(indicesByType, ([type]) => families[type] ?? type)
  const several = types.size > 1
  return Object.fromEntries(
    [...types].map(([family, members]) => {
      const [type] = members[0]!
      const found = type !== 'object' && field.indexed
      const each = caps(family, found, found && !isAnalysed(type))
      return [
        family,
        several ? { ...each, indices: members.flatMap(([, names]) => [...names]) } : each,
      ]
    }),
  )
}

const caps = (
  type: string,
  searchable: boolean,
  aggregatable: boolean,
  metadataField = false,
): JsonRecord => ({ type, metadata_field: metadataField, searchable, aggregatable })

/** What `GET <index>/_mapping` has under `mappings`: what was given, and what the documents taught. */
export function mappingOf(index: AskedIndex): JsonRecord {
  const given = structuredClone(index.mapping?.given ?? {}) as JsonRecord
  const properties = isRecord(given.properties) ? given.properties : {}
  const table = new FieldTable([index])
  const mapped = new Set(index.mapping?.fields.map(({ path }) => path))
  for (const path of table.names('*')) {
    if (!mapped.has(path)) place(properties, table.known(path)!.field)
  }
  return Object.keys(properties).length === 0 ? given : { ...given, properties }
}

/** A multi-field stands in its parent's `fields`, every other under its objects' `properties`. */
function place(properties: JsonRecord, field: Field): void {
  const { path, type, source, ignoreAbove } = field
  const own = { type, ...(ignoreAbove !== undefined && { ignore_above: ignoreAbove }) }
  const names = source.split('.')
  let at = properties
  for (const name of names.slice(0, -1)) at = inside(inside(at, name), 'properties')
  const self = inside(at, names.at(-1)!)
  if (path === source) Object.assign(self, own)
  else put(inside(self, 'fields'), path.slice(source.length + 1), own)
}

function inside(record: JsonRecord, name: string): JsonRecord {
  const known = Object.hasOwn(record, name) ? record[name] : undefined
  return isRecord(known) ? known : (put(record, name, {}) as JsonRecord)
}

/** Whatever the name, `__proto__` too. */
function put(record: JsonRecord, name: string, value: JsonValue): JsonValue {
  Object.defineProperty(record, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
  return value
}

const maxTerms = 10_000

/** `_terms_enum`: values of a keyword that begin with a text, in order. */
export async function termsEnum(body: JsonRecord, world: World): Promise<JsonRecord> {
  onlyKeys(body, 'terms_enum', [
    'field',
    'string',
    'size',
    'case_insensitive',
    'search_after',
    'timeout',
    'index_filter',
  ])
  const path = textOption(body.field, 'field')
  if (path === undefined) throw illegal('field cannot be null')
  const size = wholeNumber(body.size, 'size') ?? 10
  if (size > maxTerms) throw illegal(`[size] must be at most ${maxTerms}, but is [${size}]`)
  const opened = await world.open(noNeeds)
  try {
    const fields = new FieldTable(world.indices)
    const asked = askedOf({ ...world, from: opened.from, query: { kind: 'all' }, fields })
    const resolved = asked.field(path)
    const done = { _shards: shardsOf(opened.scanned), complete: true }
    if (!resolved || resolved.type !== 'VARCHAR' || isAnalysed(resolved.field.type)) {
      return { terms: [], ...done }
    }
    const pattern = textOption(body.string, 'string') ?? ''
    const after = textOption(body.search_after, 'search_after')
    const isAnyCase = flag(body.case_insensitive, 'case_insensitive') ?? false
    const value = verbatim('v')
    const values = resolved.list ? sql`unnest(${resolved.list})` : resolved.scalar
    const begins = isAnyCase
      ? sql`starts_with(lower(${value}), lower(${pattern}))`
      : sql`starts_with(${value}, ${pattern})`
    const behind = after === undefined ? [] : [sql`${value} > ${after}`]
    const rows = await world.database.rows(
      sql`select distinct v from (select ${values} as v from ${asked.from} where ${asked.where}) where ${join([begins, ...behind], ' and ')} order by v limit ${BigInt(size)}`,
      world.deadline,
    )
    return { terms: rows.map(({ v }) => String(v)), ...done }
  } finally {
    opened.close()
  }
}
