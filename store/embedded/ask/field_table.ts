import { type JsonRecord, SearchError } from '../../search.ts'
import type { Field, FieldType, JsonKind, Mapping } from '../../fields.ts'
import type { Query } from '../../query/query.ts'
import type { Shape } from '../shape.ts'
import type { Resolved } from './asked.ts'
import { resolve } from './fields.ts'
import { metadataFields } from './metadata_fields.ts'

/** An index as a question sees it. */
export interface AskedIndex {
  readonly name: string
  /** Undefined: its documents alone say which fields there are, by Weir's rules. */
  readonly mapping: Mapping | undefined
  readonly shapes: readonly Shape[]
  /** Of the alias by which it is asked: only documents that fit are there. */
  readonly filter?: Query
}

/** A field of the asked indices: what it is where they agree, and what each says. */
export interface KnownField {
  /** The type that holds the values of all indices. */
  readonly field: Field
  /** What its values' places hold, in any of the indices. */
  readonly shapes: readonly Shape[]
  readonly indicesByType: ReadonlyMap<FieldType, readonly string[]>
}

/** All fields of the indices that a question is about. Made once for a question; SQL is made when asked for. */
export class FieldTable {
  readonly #known: ReadonlyMap<string, KnownField>
  readonly #shapes: readonly Shape[]
  readonly #containers: ReadonlySet<string>
  readonly #resolved = new Map<string, Resolved | undefined>()

  constructor(indices: readonly AskedIndex[]) {
    const known = new Map<string, KnownField>()
    const groups = byMapping(indices)
    for (const { mapping, names, shapes } of groups) {
      for (const [path, [field, of]] of fieldsOf(mapping, shapes)) {
        const before = known.get(path)
        known.set(path, before ? merged(before, field, of, names) : first(field, of, names))
      }
    }
    this.#known = known
    this.#shapes = distinct(groups.flatMap(({ shapes }) => shapes))
    this.#containers = containersOf(this.#shapes)
  }

  /**
   * Undefined for a field that no index has, and for objects.
   *
   * @throws SearchError 400 for one that is kept and cannot be asked for: silence would be an answer.
   */
  field(path: string): Resolved | undefined {
    const known = this.known(path)?.field
    if (known && !known.indexed && known.unaskable !== undefined) {
      const reason = `failed to create query: Cannot search on field [${path}] since ${known.unaskable}`
      throw new SearchError(400, 'query_shard_exception', reason)
    }
    return this.#askable(path)
  }

  #askable(path: string): Resolved | undefined {
    const metadata = metadataFields.get(path)
    if (metadata) return metadata
    if (!this.#resolved.has(path)) this.#resolved.set(path, this.#resolve(path))
    return this.#resolved.get(path)
  }

  #resolve(path: string): Resolved | undefined {
    const known = this.known(path)
    if (!known || known.field.type === 'object' || !known.field.indexed) return undefined
    return resolve(known.field, known.shapes, this.#containers)
  }

  /** Also what is inside a flattened field, which nothing lists. */
  known(path: string): KnownField | undefined {
    const known = this.#known.get(path)
    if (known) return known
    for (let end = path.lastIndexOf('.'); end > 0; end = path.lastIndexOf('.', end - 1)) {
      const root = this.#known.get(path.slice(0, end))
      if (root?.field.type !== 'flattened') continue
      const { ignoreAbove } = root.field
      const limit = ignoreAbove === undefined ? {} : { ignoreAbove }
      const field: Field = {
        path,
        type: 'keyword',
        source: path,
        indexed: root.field.indexed,
        ...limit,
      }
      const shapes = this.#shapes.filter((shape) => shape.path === path)
      return { field, shapes, indicesByType: new Map([['keyword', []]]) }
    }
    return undefined
  }

  /** Resolved fields whose names fit `pattern` (`*` for any text), metadata left out. At most `limit`. */
  like(pattern: string, limit: number): readonly Resolved[] {
    if (!pattern.includes('*')) {
      const only = this.field(pattern)
      return only ? [only] : []
    }
    const fitting = this.names(pattern).filter((name) => {
      const { type, indexed } = this.#known.get(name)!.field
      return indexed && type !== 'object'
    })
    if (fitting.length > limit) {
      const reason = `field expansion for [${pattern}] matches too many fields, limit: ${limit}, got: ${fitting.length}`
      throw new SearchError(400, 'illegal_argument_exception', reason)
    }
    return fitting.flatMap((name) => this.#askable(name) ?? [])
  }

  /** Names of fields, and of objects, that fit. */
  names(pattern: string): readonly string[] {
    const fits = namePattern(pattern)
    return [...this.#known.keys()].filter((name) => fits.test(name))
  }

  /** Fields inside an object. */
  inside(path: string): readonly Resolved[] {
    const names = [...this.#known.keys()].filter((name) => name.startsWith(`${path}.`))
    return names.flatMap((name) => this.#askable(name) ?? [])
  }
}

/** A field name's pattern, in which `*` is any text. */
export const namePattern = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\*+/g, '.*')}$`, 's')

interface MappingGroup {
  readonly mapping: Mapping | undefined
  readonly names: string[]
  shapes: readonly Shape[]
}

function byMapping(indices: readonly AskedIndex[]): readonly MappingGroup[] {
  const groups = new Map<Mapping | undefined, { names: string[]; shapes: Shape[] }>()
  for (const { mapping, name, shapes } of indices) {
    const group = groups.get(mapping) ?? { names: [], shapes: [] }
    group.names.push(name)
    for (const shape of shapes) group.shapes.push(shape)
    groups.set(mapping, group)
  }
  return [...groups].map(([mapping, { names, shapes }]) => {
    return { mapping, names, shapes: distinct(shapes) }
  })
}

function distinct(shapes: readonly Shape[]): Shape[] {
  const found = new Map<string, Shape>()
  for (const shape of shapes) found.set(`${shape.kind} ${shape.jsonPath}`, shape)
  return [...found.values()]
}

/** JSON paths at which some document has an object or an array: what other paths go through. */
function containersOf(shapes: readonly Shape[]): ReadonlySet<string> {
  const containers = new Set<string>()
  for (const { jsonPath, kind } of shapes) {
    if (kind === 'object') containers.add(jsonPath)
    const steps = jsonPath.matchAll(/\."(?:[^"\\]|\\.)*"|\[\*\]/gsu)
    for (const { index } of steps) if (index > 1) containers.add(jsonPath.slice(0, index))
  }
  return containers
}

/** Fields by path with the shapes of their values. */
function fieldsOf(mapping: Mapping | undefined, shapes: readonly Shape[]) {
  const byPath = Map.groupBy(shapes, ({ path }) => path)
  const fields = new Map<string, [Field, readonly Shape[]]>()
  const claimed = new Set<string>()
  for (const field of mapping?.fields ?? []) {
    const own =
      field.type === 'flattened' ? under(shapes, field.source) : (byPath.get(field.source) ?? [])
    fields.set(field.path, [field, own])
    if (field.type === 'flattened' || !field.indexed) claimed.add(field.path)
  }
  const learns = !mapping || mapping.dynamic === 'true' || mapping.dynamic === 'runtime'
  if (!learns) return fields
  for (const [path, of] of byPath) {
    if (fields.has(path) || isInside(path, claimed)) continue
    const kinds = new Set(of.flatMap(({ kind }) => (kind === 'object' ? [] : [kind])))
    if (kinds.size === 0) continue
    for (const field of learnt(path, kinds, mapping)) {
      if (!fields.has(field.path)) fields.set(field.path, [field, of])
    }
  }
  return fields
}

const under = (shapes: readonly Shape[], path: string) =>
  shapes.filter((shape) => shape.path === path || shape.path.startsWith(`${path}.`))

function isInside(path: string, roots: ReadonlySet<string>): boolean {
  if (roots.size === 0) return false
  for (let end = path.indexOf('.'); end > 0; end = path.indexOf('.', end + 1)) {
    if (roots.has(path.slice(0, end))) return true
  }
  return false
}

const texts = new Set(['message', 'error.message', 'error.stack_trace'])

/** What store/fields.ts says of kinds; several kinds in one field: the type that holds all. */
function learnt(path: string, kinds: ReadonlySet<JsonKind>, mapping: Mapping | undefined): Field[] {
  const field = (type: FieldType): Field => ({ path, type, source: path, indexed: true })
  const only = (...allowed: JsonKind[]) => [...kinds].every((kind) => allowed.includes(kind))
  if (path === '@timestamp') return [field('date')]
  if (only('long')) return [field('long')]
  if (only('long', 'double')) return [field('double')]
  if (only('boolean')) return [field('boolean')]
  if (!mapping) return [field(texts.has(path) ? 'match_only_text' : 'keyword')]
  const detectsDates = (mapping.given as JsonRecord)['date_detection'] !== false
  if (only('date_string') && detectsDates) return [field('date')]
  const keyword = { ...field('keyword'), path: `${path}.keyword`, ignoreAbove: 256 }
  return [field('text'), keyword]
}

const first = (field: Field, shapes: readonly Shape[], names: readonly string[]): KnownField => ({
  field,
  shapes,
  indicesByType: new Map([[field.type, names]]),
})

function merged(
  before: KnownField,
  field: Field,
  shapes: readonly Shape[],
  names: readonly string[],
): KnownField {
  const indicesByType = new Map(before.indicesByType)
  indicesByType.set(field.type, [...(indicesByType.get(field.type) ?? []), ...names])
  return {
    field: holding(before.field, field),
    shapes: distinct([...before.shapes, ...shapes]),
    indicesByType,
  }
}

const integers = new Set<FieldType>(['long', 'integer', 'short', 'byte'])
const decimals = new Set<FieldType>([
  'double',
  'float',
  'half_float',
  'scaled_float',
  'unsigned_long',
])
const analysed = new Set<FieldType>(['text', 'match_only_text'])
const dates = new Set<FieldType>(['date', 'date_nanos'])

export const isAnalysed = (type: FieldType) => analysed.has(type)
export const isDate = (type: FieldType) => dates.has(type)
export const isInteger = (type: FieldType) => integers.has(type)
export const isDecimal = (type: FieldType) => decimals.has(type)
export const isNumber = (type: FieldType) => isInteger(type) || isDecimal(type)

/** The field that holds the values of both. */
function holding(one: Field, other: Field): Field {
  const { path, source } = one
  const plain = (type: FieldType): Field => ({ path, type, source, indexed: true })
  const both = (is: (type: FieldType) => boolean) => is(one.type) && is(other.type)
  if (!one.indexed) return other
  if (!other.indexed) return one
  if (both(isDate)) {
    const formats = [one.format ?? defaultFormat, other.format ?? defaultFormat]
    const format = [...new Set(formats.flatMap((each) => each.split('||')))].join('||')
    return { ...plain(one.type === other.type ? one.type : 'date_nanos'), format }
  }
  if (one.type === other.type) {
    const same = JSON.stringify(one) === JSON.stringify(other)
    const { ignoreAbove: _, nullValue: __, value: ___, ...rest } = one
    return same ? one : rest
  }
  if (both(isInteger)) return plain('long')
  if (both(isNumber)) return plain('double')
  if (one.type === 'object') return other
  if (other.type === 'object') return one
  if (isAnalysed(one.type) || isAnalysed(other.type)) return plain('text')
  return plain('keyword')
}

const defaultFormat = 'strict_date_optional_time||epoch_millis'
