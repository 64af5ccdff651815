import type { Catalogue, IndexMetadata } from '../catalogue.ts'
import type { Mapping } from '../fields.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { checkWriteIndices, type AliasChanges } from './alias_changes.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { checkIndexName, weirStream } from './index_name.ts'
import { mergeMappings, parseMapping } from './mapping.ts'
import { isRecord } from './request_body.ts'
import type { ApiServices, StreamStatistics } from './services.ts'
import { resolveTarget, type Known, type Meant, type ResolveOptions } from './targets.ts'
import { templateFor } from './templates.ts'

/** An index as clients see it: what they said about it, and what documents made of it. */
export interface Index extends Known {
  readonly metadata: IndexMetadata | undefined
  readonly statistics: StreamStatistics | undefined
}

type Services = Pick<ApiServices, 'catalogue' | 'clock' | 'engine' | 'ids' | 'limits'>

/** All indices and data streams: those that clients made, and those that documents did. */
export class Indices {
  readonly #services: Services
  readonly #metadata = new Map<string, IndexMetadata>()
  #making: Promise<unknown> = Promise.resolve()

  constructor(services: Services) {
    this.#services = services
    for (const [name, body] of services.catalogue.all('index')) {
      this.#metadata.set(name, this.#read(name, body))
    }
  }

  get catalogue(): Catalogue {
    return { indices: [...this.#metadata.values()] }
  }

  metadata(name: string): IndexMetadata | undefined {
    return this.#metadata.get(name)
  }

  async all(): Promise<Map<string, Index>> {
    const streams = new Map(
      (await this.#services.engine.streams()).map((each) => [each.name, each]),
    )
    const names = new Set([...this.#metadata.keys(), ...streams.keys()])
    return new Map(
      [...names].toSorted().map((name) => {
        const metadata = this.#metadata.get(name)
        const statistics = streams.get(name)
        const isStream = metadata?.isDataStream ?? statistics?.kind === 'data_stream'
        const hidden = name.startsWith('.') || isHidden(metadata?.settings ?? {})
        const kind = isStream ? 'data_stream' : 'index'
        return [
          name,
          { name, kind, hidden, aliases: metadata?.aliases ?? {}, metadata, statistics },
        ]
      }),
    )
  }

  /** @throws SearchError */
  async resolve(target: string, options: Omit<ResolveOptions, 'nowMs'>): Promise<Meant[]> {
    const known = [...(await this.all()).values()]
    return resolveTarget(target, known, { ...options, nowMs: this.#services.clock.now() })
  }

  /** As `resolve`, with what is known of each. */
  async find(target: string, options: Omit<ResolveOptions, 'nowMs'> = {}): Promise<Index[]> {
    const known = await this.all()
    const nowMs = this.#services.clock.now()
    const meant = resolveTarget(target, [...known.values()], { ...options, nowMs })
    return meant.map(({ name }) => known.get(name)!)
  }

  /**
   * Makes an index, as its template and `given` (the body of `PUT <index>`) say.
   *
   * @throws SearchError 400 resource_already_exists_exception and what is wrong with the mapping.
   */
  create(name: string, given: JsonRecord, isDataStream = false): Promise<void> {
    return this.#inTurn(() => this.#make(name, given, isDataStream))
  }

  async #make(name: string, given: JsonRecord, isDataStream: boolean): Promise<void> {
    checkIndexName(name)
    const all = await this.all()
    if (all.has(name)) throw alreadyExists(name)
    if ([...all.values()].some(({ aliases }) => Object.hasOwn(aliases, name))) {
      throw new SearchError(
        400,
        'invalid_index_name_exception',
        `Invalid index name [${name}], already exists as alias`,
        { index: name },
      )
    }
    for (const key of Object.keys(given)) {
      if (['mappings', 'settings', 'aliases'].includes(key)) continue
      throw new SearchError(400, 'parse_exception', `unknown key [${key}] for create index`)
    }
    const template = templateFor(this.#services.catalogue, name)
    const mappings = recordAt(given, 'mappings')
    const merged = mergeMappings(template?.mappings ?? {}, mappings ?? {}, true)
    const aliases = { ...template?.aliases, ...recordAt(given, 'aliases') }
    // A stream without a mapping of its own is learnt as Weir's streams are.
    const hasMapping = !isDataStream || template?.mappings !== undefined
    await this.#save(name, {
      ...(hasMapping ? { mappings: merged } : {}),
      settings: { ...template?.settings, ...recordAt(given, 'settings') },
      aliases,
      isDataStream,
      createdMs: this.#services.clock.now(),
    })
  }

  /** Makes the index that a document is sent to, unless it is there. @returns it. */
  async ensure(name: string): Promise<{ metadata: IndexMetadata | undefined; isStream: boolean }> {
    const metadata = this.#metadata.get(name)
    if (metadata) return { metadata, isStream: metadata.isDataStream }
    checkIndexName(name)
    return await this.#inTurn(async () => {
      const made = this.#metadata.get(name)
      if (made) return { metadata: made, isStream: made.isDataStream }
      const known = (await this.all()).get(name)
      if (known) return { metadata: undefined, isStream: known.kind === 'data_stream' }
      const template = templateFor(this.#services.catalogue, name)
      const isStream = template ? template.isDataStream : weirStream.test(name)
      await this.#make(name, {}, isStream)
      return { metadata: this.#metadata.get(name), isStream }
    })
  }

  /** One after the other: of two who send to an index that is not there, the second finds it. */
  #inTurn<Made>(make: () => Promise<Made>): Promise<Made> {
    const made = this.#making.then(make)
    this.#making = made.catch(() => undefined)
    return made
  }

  /** The index that is written to by an index's or alias's name. @throws SearchError */
  writeTarget(name: string, all: ReadonlyMap<string, Index>, requireAlias: boolean): string {
    const isIndex = all.has(name)
    const behind = isIndex
      ? []
      : [...all.values()].filter(({ aliases }) => Object.hasOwn(aliases, name))
    if (requireAlias && behind.length === 0) {
      const text = `no such index [${name}] and [require_alias] request flag is [true] and [${name}] is not an alias`
      throw new SearchError(404, 'index_not_found_exception', text, { index: name })
    }
    if (behind.length === 0) return name
    const writers = behind.filter(
      ({ name: index }) => this.#metadata.get(index)?.aliases[name]?.isWriteIndex === true,
    )
    if (writers.length === 1) return writers[0]!.name
    if (behind.length === 1) return behind[0]!.name
    throw illegalArgument(
      `no write index is defined for alias [${name}]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index`,
    )
  }

  /** @throws SearchError when a field has another type already. */
  async extendMapping(name: string, added: JsonRecord): Promise<void> {
    const known = this.#metadata.get(name)
    const before = (known?.mapping?.given ?? {}) as JsonRecord
    const mappings = mergeMappings(before, added, false)
    await this.#save(name, { ...this.#stored(name), mappings })
  }

  async changeSettings(name: string, settings: JsonRecord): Promise<void> {
    const stored = this.#stored(name)
    await this.#save(name, {
      ...stored,
      settings: { ...(stored['settings'] as JsonRecord), ...settings },
    })
  }

  /**
   * Makes all changes of a request or none: they are found and checked on the indices as they are, kept in
   * one go, and what a deleted index held goes last.
   *
   * @throws SearchError
   */
  changeAliases(find: (all: ReadonlyMap<string, Index>) => AliasChanges): Promise<AliasChanges> {
    return this.#inTurn(async () => {
      const all = await this.all()
      const changes = find(all)
      const { deleted, edits } = changes
      const bodies = new Map<string, JsonRecord | undefined>()
      for (const { index, alias, given } of edits) {
        const stored = bodies.get(index) ?? this.#stored(index)
        const aliases = { ...(stored['aliases'] as JsonRecord) }
        if (given) aliases[alias] = given
        else delete aliases[alias]
        bodies.set(index, { ...stored, aliases })
      }
      for (const name of deleted) bodies.set(name, undefined)
      await this.#change(bodies)
      return changes
    })
  }

  /** What it held is gone; one of the same name starts empty. */
  delete(name: string): Promise<void> {
    return this.#change(new Map([[name, undefined]]))
  }

  /** As it is kept; of what only documents made, what a new entry begins with. */
  #stored(name: string): JsonRecord {
    const stored = this.#services.catalogue.get('index', name)
    if (stored) return stored
    const createdMs = this.#services.clock.now()
    return { settings: {}, aliases: {}, isDataStream: weirStream.test(name), createdMs }
  }

  #save(name: string, body: JsonRecord): Promise<void> {
    return this.#change(new Map([[name, body]]))
  }

  /** @param bodies what is kept of each from now on; undefined deletes it. */
  async #change(bodies: ReadonlyMap<string, JsonRecord | undefined>): Promise<void> {
    const { catalogue, engine, ids } = this.#services
    const after = new Map(this.#metadata)
    for (const [name, body] of bodies) {
      if (body) after.set(name, this.#read(name, body))
      else after.delete(name)
    }
    this.#checkCount(after.size)
    checkWriteIndices(this.#metadata.values(), after.values())
    catalogue.change('index', bodies)
    for (const name of bodies.keys()) {
      const metadata = after.get(name)
      if (metadata) this.#metadata.set(name, metadata)
      else this.#metadata.delete(name)
    }
    const deleted = [...bodies.keys()].filter((name) => !after.has(name))
    const ends = deleted.map((name) => [name, ids.deleteIndex(name)] as const)
    const gone = await Promise.allSettled(
      ends.map(([name, throughSeq]) => engine.deleteIndex(name, throughSeq)),
    )
    await engine.updateCatalogue(this.catalogue)
    for (const each of gone) if (each.status === 'rejected') throw each.reason
  }

  #checkCount(after: number): void {
    const { max_indices: most } = this.#services.limits
    if (after <= this.#metadata.size || after <= most) return
    throw new SearchError(
      400,
      'validation_exception',
      `Validation Failed: 1: this action would add an index, but Weir currently has [${this.#metadata.size}]/[${most}] maximum indices open (store.limits.max_indices);`,
    )
  }

  /** @throws SearchError when the mapping cannot be read. */
  #read(name: string, body: JsonRecord): IndexMetadata {
    const mappings = recordAt(body, 'mappings')
    const mapping: Mapping | undefined =
      mappings && parseMapping(mappings, this.#services.limits.max_mapping_fields)
    const aliases = Object.entries(recordAt(body, 'aliases') ?? {}).map(
      ([alias, given]) => [alias, aliasOf(given)] as const,
    )
    return {
      name,
      mapping,
      settings: recordAt(body, 'settings') ?? {},
      aliases: Object.fromEntries(aliases),
      isDataStream: body['isDataStream'] === true,
      createdMs: Number(body['createdMs']),
    }
  }
}

function aliasOf(given: JsonValue): IndexMetadata['aliases'][string] {
  if (!isRecord(given)) return {}
  return {
    ...(isRecord(given['filter']) ? { filter: given['filter'] } : {}),
    ...(given['is_write_index'] === undefined
      ? {}
      : { isWriteIndex: String(given['is_write_index']) === 'true' }),
  }
}

/** @throws SearchError */
export function recordAt(body: JsonRecord, key: string): JsonRecord | undefined {
  const value = body[key]
  if (value === undefined || value === null) return undefined
  if (isRecord(value)) return value
  throw new SearchError(400, 'parse_exception', `key [${key}] must be an object`)
}

const alreadyExists = (name: string) =>
  new SearchError(400, 'resource_already_exists_exception', `index [${name}] already exists`, {
    index_uuid: '_na_',
    index: name,
  })

function isHidden(settings: object): boolean {
  const given = settings as JsonRecord
  const inner = isRecord(given['index']) ? given['index']['hidden'] : undefined
  return String(given['index.hidden'] ?? inner ?? given['hidden']) === 'true'
}
