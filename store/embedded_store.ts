import { mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Context } from '../core/context.ts'
import { isDiskFailure } from '../core/disk_failure.ts'
import type { Files } from '../core/files.ts'
import type { Append } from '../core/journal/batch.ts'
import type { Places } from '../core/journal/cursor.ts'
import type { JournalFeed } from '../core/journal/feed.ts'
import type { Journal } from '../core/journal/journal.ts'
import { PartitionWriter } from '../core/journal/writer.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import { Api } from './api/api.ts'
import { catalogueStore } from './api/catalogue_store.ts'
import { openApiDatabase } from './api/database.ts'
import { idTable, type IdTable } from './api/ids.ts'
import { searchLimits } from './api/limits.ts'
import { ask, namesOf } from './api/question.ts'
import type { ApiServices, Engine } from './api/services.ts'
import type { StoreConfig } from './config.ts'
import type { StartChild } from './embedded/child_handle.ts'
import { SqliteDocuments } from './embedded/documents/documents.ts'
import { documentsPartition as partition, EmbeddedEngine } from './embedded/engine.ts'
import { recoverIds } from './embedded/id_recovery.ts'
import { checkManifests, knownTo } from './embedded/known_places.ts'
import { EmbeddedMetrics } from './embedded/embedded_metrics.ts'
import { journalLook } from './embedded/journal_look.ts'
import { Opening } from './embedded/opening.ts'
import type { OpenedFor, StoreRoutes } from './embedded/protocol.ts'
import type { Adopted } from './embedded/segments/adoption.ts'
import { manifestPath } from './embedded/segments/layout.ts'
import { storedIn } from './embedded/segments/manifest_file.ts'
import { endLocalPoints } from './local_points.ts'
import type { MetricStore } from './metrics.ts'
import { type Search, SearchError } from './search.ts'

export interface EmbeddedStoreWorld {
  readonly files: Files
  readonly journal: Journal
  readonly context: Context
  readonly routes: StoreRoutes
  readonly openedFor: OpenedFor
  readonly startChild: StartChild
  readonly randomBytes: (count: number) => Uint8Array
  /** Of this machine; shown to clients of the Elasticsearch API. */
  readonly hostname: string
}

/**
 * The embedded store as the main process has it: the engine behind its process, the documents, the ids and
 * the catalogue of the Elasticsearch API, and a place in the journal for what comes by it.
 */
export class EmbeddedStore implements Lifecycle {
  readonly documents: SqliteDocuments
  readonly #config: StoreConfig
  readonly #world: EmbeddedStoreWorld
  readonly #folder: string
  readonly #opening: Opening
  #feed: JournalFeed | undefined
  #engine: EmbeddedEngine | undefined
  #ids: IdTable | undefined
  #api: Api | undefined
  #database: DatabaseSync | undefined
  #writer: Promise<PartitionWriter> | undefined

  constructor(config: StoreConfig, world: EmbeddedStoreWorld) {
    const { context } = world
    this.#config = config
    this.#world = world
    this.#folder = `${context.dataFolder}/store`
    this.documents = new SqliteDocuments(`${this.#folder}/documents.sqlite`)
    this.#opening = new Opening({ context, open: () => this.#open() })
  }

  /**
   * While the disk takes nothing the engine follows the journal already, and questions are refused.
   *
   * @throws WeirError when a file of the store is damaged beyond use, or a newer Weir wrote it.
   */
  async start(): Promise<void> {
    const { journal, context, routes, openedFor, startChild } = this.#world
    const { cursor, isHeard } = this.#cursor()
    const feed = openedFor === 'look' ? undefined : journal.feed('store', cursor)
    const limits = searchLimits(this.#config.limits)
    const engine = new EmbeddedEngine(this.#config, {
      context,
      feed: feed ?? journalLook(journal),
      routes,
      openedFor,
      startChild,
      limits,
    })
    await engine.start()
    this.#feed = feed
    this.#engine = engine
    if (feed && !isHeard) await endLocalPoints(journal, feed, context)
    try {
      await this.#opening.start()
    } catch (failure) {
      await engine.stop(AbortSignal.abort())
      throw failure
    }
  }

  /** Where the store is in the journal: as it says itself, or as the journal last heard while the disk fails. */
  #cursor(): { cursor: Places; isHeard: boolean } {
    try {
      checkManifests(this.#folder)
      return { cursor: knownTo(this.#folder).cursor, isHeard: false }
    } catch (failure) {
      if (!isDiskFailure(failure)) throw failure
      const heard = this.#world.journal.readers().find(({ id }) => id === 'store')
      return { cursor: heard?.cursor ?? {}, isHeard: true }
    }
  }

  async #open(): Promise<void> {
    const { engine } = this
    mkdirSync(this.#folder, { recursive: true })
    try {
      await this.documents.start()
      await this.#openApi(engine, knownTo(this.#folder))
    } catch (failure) {
      await this.#close()
      throw failure
    }
  }

  async #openApi(
    engine: EmbeddedEngine,
    { documentStreams, highestSeq }: ReturnType<typeof knownTo>,
  ): Promise<void> {
    const { context, files, journal } = this.#world
    const aside = `${this.#folder}/api.damaged-${context.clock.now()}.sqlite`
    const { sqlite, isNew, setAside } = openApiDatabase(`${this.#folder}/api.sqlite`, aside)
    if (setAside !== undefined)
      context.log.error(
        { file: setAside },
        'the file could not be read and was set aside: ids of documents are learnt again, and what clients said about indices (mappings, templates, aliases) is lost: say it again',
      )
    else if (isNew && documentStreams.length > 0)
      context.log.error(
        { file: `${this.#folder}/api.sqlite` },
        'the file is lost: ids of documents are learnt again, and what clients said about indices (mappings, templates, aliases) is lost: say it again',
      )
    this.#database = sqlite
    const ids = idTable(sqlite)
    this.#ids = ids
    if (ids.isLost && !isNew) context.log.info('ids of documents are learnt again')
    await recoverIds(ids, { files, journal, engine, documentStreams })
    ids.beginAbove(highestSeq)
    const api = new Api(this.#makeServices(engine, ids))
    await engine.updateCatalogue(api.indices.catalogue)
    this.#api = api
  }

  async #close(): Promise<void> {
    this.#api = undefined
    this.#ids?.close()
    this.#ids = undefined
    if (this.#database?.isOpen) this.#database.close()
    this.#database = undefined
    await this.documents.stop()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const opened = this.#opening.stop()
    const writer = await this.#writer?.catch(() => undefined)
    await writer?.close(deadline)
    this.#writer = undefined
    await this.#engine?.stop(deadline)
    this.#engine = undefined
    if (this.#feed) await this.#world.journal.releaseFeed(this.#feed)
    this.#feed = undefined
    await opened
    await this.#close()
  }

  get engine(): EmbeddedEngine {
    if (!this.#engine) throw new Error('BUG: the store has not started')
    return this.#engine
  }

  /** The Elasticsearch API over this store. @throws SearchError while it is not open. */
  get api(): Api {
    if (this.#api) return this.#api
    const why = this.#opening.trouble ?? 'the store is not open'
    throw new SearchError(503, 'cluster_block_exception', why)
  }

  /** Questions as the API takes them: wildcards, aliases and their filters are resolved first. */
  get search(): Search {
    const { api, engine } = this
    return {
      start: async () => {},
      stop: async () => {},
      search: (target, body, options, deadline) =>
        ask({ api, deadline }, { target, body, options }),
      fieldCaps: async (target, patterns, options, deadline) => {
        const meant = await api.indices.resolve(target, options)
        return await engine.fieldCaps(namesOf(meant), patterns, {}, deadline)
      },
    }
  }

  get metrics(): MetricStore {
    return new EmbeddedMetrics(this.engine)
  }

  /** Takes events and documents back that were set aside because the manifest was lost. */
  async adopt(): Promise<Adopted> {
    const { ids } = this.api.services
    ids.learnAnew()
    const adopted = await this.engine.adopt()
    ids.beginAbove(knownTo(this.#folder).highestSeq)
    return adopted
  }

  /** For the status page. */
  status() {
    const { pid, questions, paused } = this.engine.state
    return {
      engine: 'embedded',
      process: pid ?? null,
      questions,
      paused: this.#opening.trouble ?? paused,
      lag: this.#feed?.lag(),
    }
  }

  /** Sets the metrics that nobody counts as they change, from the manifest, so that no process is started for it. */
  measure(): void {
    const { metrics } = this.#world.context
    const stored = storedIn(manifestPath(this.#folder))
    // Whoever asks the store is told what is wrong with it; the other metrics count all the same.
    if (!stored) return
    metrics.store_segments.set(stored.segments)
    metrics.store_bytes.set(stored.bytes)
    metrics.store_rows.set(stored.rows)
  }

  #makeServices(engine: EmbeddedEngine, ids: IdTable): ApiServices {
    const { journal, context, randomBytes, hostname } = this.#world
    return {
      engine: forApi(engine),
      append: this.#append,
      paused: () => journal.troubles[0]?.message,
      ids,
      catalogue: catalogueStore(this.#database!),
      limits: this.#config.limits,
      questionTimeoutMs: this.#config.query_timeout,
      clock: context.clock,
      randomBytes,
      clusterName: 'weir',
      nodeName: hostname,
    }
  }

  /** The writer opens with the first document: most Weirs never get one. */
  readonly #append: Append = async (batches, withdrawn) => {
    this.#writer ??= this.#openWriter()
    const writer = await this.#writer.catch((failure: unknown) => {
      this.#writer = undefined
      throw failure
    })
    return await writer.append(batches, withdrawn)
  }

  async #openWriter(): Promise<PartitionWriter> {
    const { journal, files, context, randomBytes } = this.#world
    const writer = new PartitionWriter(await journal.seed(partition, new Map()), {
      files,
      clock: context.clock,
      randomBytes,
      space: journal.space,
      onDurable: (mark) => journal.mark(partition, mark),
      onTrouble: (trouble) => journal.trouble(partition, trouble),
      onDropped: (events) => context.count('journal_full', events),
      onAppended: (seconds) =>
        context.metrics.journal_append_seconds.observe({ partition }, seconds),
    })
    await writer.open()
    return writer
  }
}

/** Streams named as data streams are ones, unless a client made an index of that name. */
const looksLikeDataStream = (name: string) => /^(logs|metrics|errors|traces)-[^-]+-.+$/.test(name)

function forApi(engine: EmbeddedEngine): Engine {
  return {
    search: (...given) => engine.search(...given),
    fieldCaps: (...given) => engine.fieldCaps(...given),
    refresh: () => engine.refresh(),
    document: (...given) => engine.document(...given),
    documents: (...given) => engine.documents(...given),
    takenThrough: (index) => engine.takenThrough(index),
    goneOf: (...given) => engine.goneOf(...given),
    deleteIndex: (...given) => engine.deleteIndex(...given),
    streams: async () => {
      const streams = await engine.streams()
      return streams.map((stream) => {
        return { ...stream, kind: looksLikeDataStream(stream.name) ? 'data_stream' : 'index' }
      })
    },
    count: (...given) => engine.count(...given),
    termsEnum: (...given) => engine.termsEnum(...given),
    validate: (target, request, deadline) => engine.validate(target, request, {}, deadline),
    mapping: (index) => engine.mapping(index),
    updateCatalogue: (catalogue) => engine.updateCatalogue(catalogue),
  }
}
