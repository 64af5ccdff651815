import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Context } from '../../core/context.ts'
import type { Files } from '../../core/files.ts'
import type { Append } from '../../core/journal/batch.ts'
import type { Places } from '../../core/journal/cursor.ts'
import { JournalFollower } from '../../core/journal/follower.ts'
import { clockJumpText, SteadyTime } from '../../core/steady_time.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { Watch } from '../alerts/watch.ts'
import type { Blobs } from '../blobs.ts'
import { isDamage, openDatabase, setAside } from '../database/open.ts'
import { group } from '../grouping/group.ts'
import { projectRules } from '../grouping/project_rules.ts'
import type { GroupingRules } from '../grouping/rules.ts'
import type { Project } from '../projects/project.ts'
import { reportsTag } from '../reports.ts'
import { Symbolicator } from '../symbolicate/symbolicator.ts'
import type { ThreadWorld } from './call.ts'
import { endArchives } from './archive_ends.ts'
import { callOf } from './calls.ts'
import { Digester } from './digester.ts'
import { Digestion } from './digestion.ts'
import { OrphanedBlobs } from './orphaned_blobs.ts'
import { floodsOf } from './floods.ts'
import type { DigestSeed, DigestSettings } from './protocol.ts'
import { Retention } from './retention.ts'
import { statusOf } from './status.ts'

export interface DigestRunWorld {
  readonly context: Context
  readonly files: Files
  readonly append: Append
  readonly blobs: Blobs
  /** `<data>/errors` */
  readonly folder: string
  readonly advanced: (places: Places) => void
}

/** Calls of these areas may change issues, of which the digest remembers much. */
const changesIssues = /^(?:issues|web|grouping)\./

/** Everything that runs in the digest thread: the database, who digests into it, who answers from it. */
export class DigestRun {
  readonly digester: Digester
  readonly #world: DigestRunWorld
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #symbolicator: Symbolicator
  readonly #retention: Retention
  /** By which what is kept is too old. */
  readonly #time: SteadyTime
  readonly #orphans: OrphanedBlobs
  #settings: DigestSettings
  #rules: ReturnType<typeof projectRules>
  #projects = new Map<number, Project>()
  #isClosed = false
  #countedOnly = 0

  /** @throws WeirError WEIR_STORE_VERSION, WEIR_STORE_DAMAGED */
  static open(seed: DigestSeed, world: DigestRunWorld): DigestRun {
    const path = join(world.folder, 'errors.sqlite')
    const { database, setAside: damaged } = openDatabase(path, world.context.clock.now())
    if (damaged) {
      const what = 'errors.sqlite is damaged and was moved away; a new one begins from the journal'
      world.context.log.error(damaged, what)
    }
    return new DigestRun(database, path, seed, world)
  }

  private constructor(
    database: DatabaseSync,
    path: string,
    seed: DigestSeed,
    world: DigestRunWorld,
  ) {
    const { context, files, append, blobs, advanced } = world
    this.#database = database
    this.#path = path
    this.#world = world
    this.#settings = seed.settings
    this.#rules = projectRules(seed.settings.grouping)
    this.projects(seed.projects)
    this.#retention = new Retention(database, () => this.#settings.digest)
    const { clock_jump_wait: waitMs } = seed.settings.digest.retention
    const lastMs = lastKnownOf(database) ?? context.clock.now()
    this.#time = new SteadyTime(context.clock, lastMs, waitMs, (aheadMs) => {
      context.log.warn({ ahead_ms: aheadMs, wait_ms: waitMs }, clockJumpText)
    })
    this.#orphans = new OrphanedBlobs(database, blobs)
    this.#symbolicator = new Symbolicator({
      database: () => database,
      blobs,
      limits: seed.settings.source_maps,
    })
    this.digester = new Digester(seed.sent, {
      context,
      database,
      append,
      advanced,
      isDamage,
      follow: (cursor) =>
        new JournalFollower(cursor, [seed.reports], {
          files,
          clock: context.clock,
          wants: (tag) => tag === reportsTag,
          lost: (events, why) => {
            context.count('corrupt', events)
            context.log.error({ events }, `the journal is damaged: ${why}; skipped`)
          },
        }),
      digestion: (sent) => this.#digestion(sent),
      unit: () => {
        const { transaction_events: events, transaction_time: ms } = this.#settings.digest
        return { events, ms }
      },
      keepUp: (nowMs) => this.#keepUp(nowMs),
    })
  }

  start(): void {
    this.digester.start((failure) => {
      // Whoever starts next begins anew.
      this.#close()
      if (isDamage(failure)) setAside(this.#path, this.#world.context.clock.now())
      throw failure
    })
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.digester.stop(deadline)
    this.#close()
  }

  /** @throws what the call throws. */
  async call(name: string, params: JsonValue): Promise<JsonValue> {
    const call = await callOf(name)
    this.digester.trySettle()
    const world: ThreadWorld = {
      database: this.#database,
      context: this.#world.context,
      symbolicator: this.#symbolicator,
      project: (id) => this.#projects.get(id),
      rulesOf: (id) => this.#rulesOf(id),
      settings: this.#settings,
      change: (work) => {
        this.digester.settle()
        const result = durably(this.#database, work)
        if (changesIssues.test(name)) this.digester.forget()
        return result
      },
    }
    return await call(params as never, world)
  }

  projects(all: readonly Project[]): void {
    this.#projects = new Map(all.map((project) => [project.id, project]))
  }

  /** Takes effect with what is digested from now on; bounds of memory and `clock_jump_wait` with the next start. */
  configure(settings: DigestSettings): void {
    this.digester.trySettle()
    this.#settings = settings
    this.#rules = projectRules(settings.grouping)
    this.digester.renew()
  }

  status(): JsonRecord {
    return statusOf(this.#database, this.digester, {
      mapBytes: this.#symbolicator.bytes,
      countedOnly: this.#countedOnly,
      evicted: this.#retention.evicted,
      orphanedBlobs: this.#orphans.deleted,
      floods: floodsOf(
        this.#database,
        new Map(Array.from(this.#projects.values(), ({ id, slug }) => [id, slug])),
        this.#world.context.clock.now(),
      ),
    })
  }

  #rulesOf(project: number): GroupingRules {
    return this.#rules(this.#projects.get(project)?.settings.grouping)
  }

  #digestion(sent: DigestSeed['sent']): Digestion {
    const { context } = this.#world
    const database = this.#database
    const slugs = () => new Map([...this.#projects].map(([id, { slug }]) => [id, slug]))
    const watch = new Watch(database, this.#settings.alerts, slugs)
    return new Digestion(database, this.#settings.digest, sent, {
      group: (project, event) => group(event, this.#rulesOf(project)),
      rulesOf: (project) => this.#rulesOf(project).id,
      symbolicator: this.#symbolicator,
      watch: watch.isWanted ? watch : undefined,
      slugOf: (project) => this.#projects.get(project)?.slug ?? String(project),
      nowMs: () => context.clock.now(),
      count: (reason, events) => context.count(reason, events),
      onDigested: (isKept) => {
        if (!isKept) this.#countedOnly += 1
        context.metrics.error_events.inc({ kept: isKept ? 'yes' : 'no' })
      },
      onUndigestible: (err, bytes) => {
        const line = bytes.toString('utf8', 0, 200)
        context.log.error({ err, line }, 'a report cannot be digested')
      },
    })
  }

  /** Nothing of the batch under way is open. */
  #keepUp(nowMs: number): boolean {
    const { hasMore, isChanged, blobs } = this.#retention.step(this.#time.now())
    const isBack = endArchives(this.#database, this.#time.now())
    if (isChanged || isBack) this.digester.forget()
    if (!this.digester.follower.isBehind()) {
      this.#orphans.offer(blobs, nowMs)
      void this.#orphans.step(nowMs)
    }
    return hasMore
  }

  #close(): void {
    if (!this.#isClosed) this.#database.close()
    this.#isClosed = true
  }
}

/** Milliseconds since the epoch: the last time that was believed, or else when an issue was last seen. */
function lastKnownOf(database: DatabaseSync): number | undefined {
  const [believed, seen] = [
    "select value as last from meta where key = 'believed_ms'",
    'select max(last_seen_ms) as last from issues',
  ].map((text) => database.prepare(text).get()?.['last'] ?? undefined)
  const last = believed ?? seen
  return last === undefined ? undefined : Number(last)
}

/** People's changes wait for the disk, unlike the digest's own, which the journal can give again. */
function durably<T>(database: DatabaseSync, work: () => T): T {
  database.exec('pragma synchronous = full; begin immediate')
  try {
    const result = work()
    database.exec('commit')
    return result
  } catch (failure) {
    if (database.isTransaction) database.exec('rollback')
    throw failure
  } finally {
    database.exec('pragma synchronous = normal')
  }
}
