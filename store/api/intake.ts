import { documentsTag } from '../documents_tag.ts'
import type { Batch } from '../../core/journal/batch.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { dateMathName } from './date_math_name.ts'
import { prepareDocument, type PreparedDocument } from './document.ts'
import { lineParts, type DocumentChange } from './document_line.ts'
import { dynamicMapping } from './dynamic_templates.ts'
import { causeOf, illegalArgument } from './elasticsearch_error.ts'
import type { Place } from './ids.ts'
import type { Index, Indices } from './indices.ts'
import { mergeMappings, parseMapping } from './mapping.ts'
import { checkDocument } from './mapping_check.ts'
import type { Accepted, Operation, Verdict } from './operation.ts'
import type { ApiServices } from './services.ts'
import { timestampOf } from './timestamp.ts'
import { reserve, type Change } from './reservation.ts'

/** Takes documents into the journal. */
export class Intake {
  readonly #services: ApiServices
  readonly #indices: Indices
  #isDirty = false

  constructor(services: ApiServices, indices: Indices) {
    this.#services = services
    this.#indices = indices
  }

  /** Makes what was taken be found; nothing to do when nothing came since the last time. */
  async refresh(): Promise<void> {
    if (!this.#isDirty) return
    this.#isDirty = false
    try {
      await this.#services.engine.refresh()
    } catch (failure) {
      this.#isDirty = true
      throw failure
    }
  }

  /**
   * Resolves once what was accepted is durable, to a verdict on each in order.
   *
   * @throws SearchError 429 when nothing could be kept for now; whatever the journal throws.
   */
  async take(operations: readonly Operation[], deadline: AbortSignal): Promise<Verdict[]> {
    const all = await this.#indices.all()
    const targets = new Map<string, Promise<Target>>()
    const made = new Set(operations.filter(makesIndex).map(({ index }) => index))
    const accepted: (Accepted | Verdict)[] = []
    for (const operation of operations) {
      accepted.push(await this.#accept(operation, all, targets, made))
    }
    const places = await this.#placesOfOwnIds(accepted, deadline)
    const gone = await this.#goneOf(accepted, deadline)
    const changes = await this.#append(accepted, places, gone)
    return accepted.map((each, place) => ('body' in each ? each : verdictOn(each, changes[place]!)))
  }

  async #accept(
    operation: Operation,
    all: ReadonlyMap<string, Index>,
    targets: Map<string, Promise<Target>>,
    made: ReadonlySet<string>,
  ): Promise<Accepted | Verdict> {
    try {
      checkOperation(operation)
      const key = `${needsAlias(operation)} ${operation.index}`
      const { op, index } = operation
      const isThere = op !== 'delete' || targets.has(key) || made.has(index)
      if (!isThere) this.#checkIsThere(index, all)
      const known = targets.get(key) ?? this.#targetOf(operation, all)
      targets.set(key, known)
      return await this.#checked(operation, await known)
    } catch (failure) {
      return refusedItem(operation, failure)
    }
  }

  /** @throws SearchError 404: to delete a document makes no index by itself. */
  #checkIsThere(index: string, all: ReadonlyMap<string, Index>): void {
    const dated = dateMathName(index, this.#services.clock.now())
    const name = this.#indices.writeTarget(dated, all, false)
    if (all.has(name)) return
    const text = `no such index [${index}]`
    throw new SearchError(404, 'index_not_found_exception', text, { index })
  }

  async #targetOf(operation: Operation, all: ReadonlyMap<string, Index>): Promise<Target> {
    const dated = dateMathName(operation.index, this.#services.clock.now())
    const name = this.#indices.writeTarget(dated, all, needsAlias(operation))
    const { isStream } = await this.#indices.ensure(name)
    return { name, isStream }
  }

  async #checked(operation: Operation, { name, isStream }: Target): Promise<Accepted> {
    const { op, id, source, ifSeqNo, ifPrimaryTerm } = operation
    if (isStream && op !== 'create') {
      throw illegalArgument('only write ops with an op_type of create are allowed in data streams')
    }
    const accepted = { index: name, id, ifSeqNo, ifPrimaryTerm }
    if (op === 'delete') return { ...accepted, op, source: undefined, time: undefined }
    const document = prepareDocument(source ?? new Uint8Array(), this.#services.limits)
    await this.#holdToMapping(name, document)
    const { bytes, value } = document
    const time = timestampOf(timeOf(value))
    if (isStream && time === undefined) throw badStreamTime(value)
    return { ...accepted, op: op === 'create' ? 'create' : 'index', source: bytes, time }
  }

  async #holdToMapping(name: string, { exact }: PreparedDocument): Promise<void> {
    const metadata = this.#indices.metadata(name)
    const { mapping } = metadata ?? {}
    if (!metadata || !mapping) return
    const given = mapping.given as JsonRecord
    const isFree = mapping.fields.length === 0 && mapping.dynamic !== 'strict'
    if (isFree && given['dynamic_templates'] === undefined) return
    const document = exact()
    const added = checkDocument(document, mapping, metadata.settings)
    const taught =
      mapping.dynamic === 'true' || mapping.dynamic === 'runtime'
        ? dynamicMapping(given, added)
        : undefined
    if (!taught) return
    const extended = mergeMappings(given, taught, false)
    const { max_mapping_fields: maxFields } = this.#services.limits
    checkDocument(document, parseMapping(extended, maxFields), metadata.settings)
    await this.#indices.extendMapping(name, taught)
  }

  /** Ids that Weir gave are not in the table: the engine knows where such a document is. */
  async #placesOfOwnIds(
    accepted: readonly (Accepted | Verdict)[],
    deadline: AbortSignal,
  ): Promise<Map<string, Place | 'event'>> {
    const wanted = accepted.flatMap((each) => {
      if ('body' in each || each.id === undefined || each.op === 'create') return []
      const { index, id } = each
      return isOwnId(id) && !this.#services.ids.get(index, id) ? [{ index, id }] : []
    })
    if (wanted.length === 0) return new Map()
    await this.refresh()
    const found = await this.#services.engine.documents(wanted, deadline)
    const places = new Map<string, Place | 'event'>()
    for (const [place, document] of found.entries()) {
      const { index, id } = wanted[place]!
      if (!document) continue
      const { seq } = document
      places.set(`${index}\0${id}`, seq === undefined ? 'event' : { seq, version: 1 })
    }
    return places
  }

  /** Documents of `accepted` ids that retention has taken, by `index NUL _seq`: the table does not hear of it. */
  async #goneOf(
    accepted: readonly (Accepted | Verdict)[],
    deadline: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const { ids, engine } = this.#services
    const known = accepted.flatMap((each) => {
      if ('body' in each || each.id === undefined) return []
      const place = ids.get(each.index, each.id)
      return place ? [{ index: each.index, seq: place.seq }] : []
    })
    const gone = new Set<string>()
    for (const [index, places] of Map.groupBy(known, (each) => each.index)) {
      const through = engine.takenThrough(index)
      const old = places.map(({ seq }) => seq).filter((seq) => seq <= through)
      if (old.length === 0) continue
      await this.refresh()
      for (const seq of await engine.goneOf(index, old, deadline)) gone.add(`${index}\0${seq}`)
    }
    return gone
  }

  async #append(
    accepted: readonly (Accepted | Verdict)[],
    places: Map<string, Place | 'event'>,
    gone: ReadonlySet<string>,
  ): Promise<(Change | undefined)[]> {
    const { ids, clock, randomBytes, append } = this.#services
    const keys = accepted.flatMap((each) =>
      'body' in each || each.id === undefined ? [] : [[each.index, each.id] as const],
    )
    for (let held = ids.held(keys); held; held = ids.held(keys)) await held
    const transaction = ids.begin()
    try {
      const world = { transaction, places, gone, randomBytes, nowMs: clock.now() }
      const changes = accepted.map((each) => ('body' in each ? undefined : reserve(each, world)))
      const batches = batchesOf(accepted, changes)
      if (batches.length > 0) {
        this.#isDirty = true
        if ((await append(batches)) === 'dropped') throw full
        this.#isDirty = true
      }
      transaction.commit()
      return changes
    } catch (failure) {
      transaction.rollback()
      throw failure
    }
  }
}

interface Target {
  readonly name: string
  readonly isStream: boolean
}

const full = new SearchError(
  429,
  'es_rejected_execution_exception',
  'the journal is full and journal.when_full is drop_newest: nothing was kept, send it again later',
)

/** Before any item of its request is done, as in OpenSearch. */
const makesIndex = ({ op, requireAlias }: Operation): boolean =>
  (op === 'index' || op === 'create') && !requireAlias

/** As in OpenSearch, whoever deletes is not asked for an alias. */
const needsAlias = ({ op, requireAlias }: Operation): boolean => requireAlias && op !== 'delete'

/** @throws SearchError what is wrong with it whatever its index is. */
function checkOperation({ op, id, version, ifSeqNo, ifPrimaryTerm }: Operation): void {
  if (op === 'update') {
    throw illegalArgument(
      '[update] is not supported: Weir keeps what was sent as it was. Send the whole document with [index]',
    )
  }
  if (version !== undefined) {
    throw illegalArgument('[version] is not supported: use [if_seq_no] and [if_primary_term]')
  }
  if (op === 'delete' && id === undefined) throw invalidRequest('id is missing')
  if (ifSeqNo !== undefined && ifPrimaryTerm === undefined) {
    throw invalidRequest('ifSeqNo is set, but primary term is [0]')
  }
  if (ifSeqNo === undefined && ifPrimaryTerm !== undefined) {
    throw invalidRequest(`ifSeqNo is unassigned, but primary term is [${ifPrimaryTerm}]`)
  }
  if (id === undefined) return
  if (id === '') throw illegalArgument('if _id is specified it must not be empty')
  if (!id.isWellFormed()) throw illegalArgument('the _id is no valid Unicode')
  const bytes = Buffer.byteLength(id)
  if (bytes > 512) {
    throw illegalArgument(
      `id [${id.slice(0, 40)}…] is too long, must be no longer than 512 bytes but was: ${bytes}`,
    )
  }
}

const invalidRequest = (reason: string) =>
  new SearchError(400, 'action_request_validation_exception', `Validation Failed: 1: ${reason};`)

/** Ids that Weir makes: of events that it took in otherwise, and of documents that came without one. */
export const isOwnId = (id: string): boolean =>
  /^[0-7][0-9A-HJKMNP-TV-Z]{25}-\d+$|^w-[A-Za-z0-9_-]{20}$/.test(id)

/** @throws SearchError for several: a row of the store has one time. */
function timeOf(document: JsonRecord): JsonValue | undefined {
  if (!Object.hasOwn(document, '@timestamp')) return undefined
  const given = document['@timestamp']
  if (!Array.isArray(given)) return given
  if (given.length < 2) return given[0]
  const reason = '[1:1] failed to parse: [@timestamp] encountered multiple values, and takes one'
  throw new SearchError(400, 'document_parsing_exception', reason)
}

function badStreamTime(document: JsonRecord): SearchError {
  const value = Object.hasOwn(document, '@timestamp') ? document['@timestamp'] : undefined
  const reason =
    value === undefined || value === null
      ? '[1:1] failed to parse: data stream timestamp field [@timestamp] is missing'
      : `[1:1] failed to parse field [@timestamp] of type [date]. Preview of field's value: ${JSON.stringify(value).slice(0, 100)}`
  return new SearchError(400, 'document_parsing_exception', reason, {
    caused_by: { type: 'illegal_argument_exception', reason },
  })
}

function refusedItem({ index, id }: Operation, failure: unknown): Verdict {
  const { status, error } = causeOf(failure)
  if (status === 500) throw failure
  return { status, body: { _index: index, _id: id ?? null, status, error: withoutRoots(error) } }
}

/** Items tell no root causes. */
function withoutRoots(error: JsonRecord): JsonRecord {
  const { root_cause: _, ...rest } = error
  return rest
}

function verdictOn({ index, id }: Accepted, change: Change): Verdict {
  if ('error' in change) {
    const { status, error } = causeOf(change.error)
    return { status, body: { _index: index, _id: id ?? null, status, error: withoutRoots(error) } }
  }
  const { status, result, version } = change
  const body = {
    _index: index,
    _id: change.id,
    _version: version,
    result,
    _shards: { total: 1, successful: 1, failed: 0 },
    _seq_no: change.seq,
    _primary_term: 1,
    status,
  }
  return { status, body }
}

/** The journal's batches, one for each index. */
function batchesOf(
  accepted: readonly (Accepted | Verdict)[],
  changes: readonly (Change | undefined)[],
): Batch[] {
  const streams = new Map<string, { parts: Uint8Array[]; count: number }>()
  for (const [place, each] of accepted.entries()) {
    const change = changes[place]
    if ('body' in each || !change || !('line' in change) || !change.line) continue
    const stream = streams.get(each.index) ?? { parts: [], count: 0 }
    streams.set(each.index, stream)
    stream.parts.push(...lineParts(change.line satisfies DocumentChange))
    stream.count += 1
  }
  return [...streams].map(([stream, { parts, count }]) => {
    return { stream, tag: documentsTag, bytes: Buffer.concat(parts), count }
  })
}
