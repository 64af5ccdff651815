import type { DatabaseSync } from 'node:sqlite'
import type { ThreadWorld } from '../digest/call.ts'
import { momentOf, periodMs } from '../search/moment.ts'
import {
  cursorOf,
  keyset,
  linkHeader,
  pageOf,
  type Cursor,
  type Keyset,
  type PlaceColumns,
  type Placed,
} from './page.ts'
import {
  invalid,
  notFound,
  type WebAnswer,
  type WebProject,
  type WebRequest,
} from './web_request.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'

export interface Period {
  readonly fromMs: number
  readonly untilMs: number
}

/** A request in the digest thread, and what its answer is made from. */
export class Asked {
  readonly request: WebRequest
  readonly world: ThreadWorld
  readonly query: URLSearchParams
  readonly nowMs: number
  /** Why the answer may lack something, where a bound has cut what was looked at. */
  incomplete: string | undefined
  readonly #byId: ReadonlyMap<number, WebProject>

  constructor(request: WebRequest, world: ThreadWorld) {
    this.request = request
    this.world = world
    this.query = new URLSearchParams(request.url.split('?', 2)[1] ?? '')
    this.nowMs = world.context.clock.now()
    this.#byId = new Map(request.projects.map((project) => [project.id, project]))
  }

  get database(): DatabaseSync {
    return this.world.database
  }

  /** A parameter of the path; the routes have it always. */
  path(name: string): string {
    return this.request.path[name] ?? ''
  }

  project(id: number): WebProject {
    return this.#byId.get(id) ?? { id, slug: `project-${id}`, name: `project ${id} (deleted)` }
  }

  get slugs(): ReadonlyMap<string, number> {
    return new Map(this.request.projects.map(({ slug, id }) => [slug, id]))
  }

  /** The project that the path names. @throws WebRefusal 404 */
  get ownProject(): WebProject {
    const name = this.path('project')
    const project = this.request.projects.find(
      ({ id, slug }) => slug === name || String(id) === name,
    )
    if (!project)
      throw notFound(`there is no project "${name}": see /api/0/organizations/weir/projects/`)
    return project
  }

  /** Those that the path or `project=` name; all without. @throws WebRefusal */
  get projects(): readonly WebProject[] {
    if (this.request.path['project'] !== undefined) return [this.ownProject]
    const names = [...this.query.getAll('project'), ...this.query.getAll('projectSlug')]
    if (names.length === 0 || names.includes('-1')) return this.request.projects
    return names.map((name) => {
      const project = this.request.projects.find(
        ({ id, slug }) => slug === name || String(id) === name,
      )
      if (!project) throw invalid(`project: there is no "${name.slice(0, 100)}"`)
      return project
    })
  }

  /** Ids of `projects` as JSON, for `json_each`. */
  get projectIds(): string {
    return JSON.stringify(this.projects.map(({ id }) => id))
  }

  get environments(): readonly string[] {
    return this.query.getAll('environment').filter((name) => name !== '')
  }

  /** `statsPeriod`, or `start` and `end`; undefined when none is named. @throws WebRefusal */
  get period(): Period | undefined {
    const { nowMs } = this
    const stats = this.query.get('statsPeriod')
    if (stats !== null && stats !== '') {
      const lengthMs = periodMs(stats)
      if (lengthMs === undefined || lengthMs === 0) {
        throw invalid(`statsPeriod: "${stats.slice(0, 50)}" is no period such as 24h or 14d`)
      }
      return { fromMs: nowMs - lengthMs, untilMs: nowMs }
    }
    const [start, end] = [this.#moment('start'), this.#moment('end')]
    if (start === undefined && end === undefined) return undefined
    const period = { fromMs: start ?? 0, untilMs: end ?? nowMs }
    if (period.fromMs > period.untilMs) throw invalid('start: it is after end')
    return period
  }

  #moment(name: string): number | undefined {
    const text = this.query.get(name)
    if (text === null || text === '') return undefined
    const ms = momentOf(text)
    if (ms === undefined)
      throw invalid(`${name}: "${text.slice(0, 50)}" is no time such as 2026-01-31T12:00:00`)
    return ms
  }

  /** `per_page` or `limit`; more than is allowed is as much as is allowed. @throws WebRefusal */
  get limit(): number {
    const { page_default: usual, page_max: most } = this.request.limits
    const text = this.query.get('per_page') ?? this.query.get('limit')
    if (text === null || text === '') return Math.min(usual, most)
    if (!/^\d{1,9}$/.test(text) || Number(text) === 0) {
      throw invalid(`limit: "${text.slice(0, 20)}" is no number from 1 on`)
    }
    return Math.min(Number(text), most)
  }

  get cursor(): Cursor | undefined {
    return cursorOf(this.query.get('cursor'))
  }

  /** A page of entries with its Link header; `find` is asked for those from the cursor on. */
  page<Entry extends Placed>(
    columns: PlaceColumns,
    find: (from: Keyset, most: number) => readonly Entry[],
    show: (entries: readonly Entry[]) => JsonValue,
  ): WebAnswer {
    const { limit, cursor } = this
    const found = find(keyset(columns, cursor), limit + 1)
    const page = pageOf(found, limit, cursor)
    const { baseUrl, url } = this.request
    return {
      status: 200,
      headers: { link: linkHeader(page, baseUrl, url) },
      body: show(page.entries),
    }
  }

  /** Kept events that are older were not looked into: said, so that nobody takes the answer for all there is. */
  readonly cut = (): void => {
    this.incomplete = 'older kept events were not searched'
  }

  /** Says of an answer about environments which of its counts are not kept by environment. */
  ofAllEnvironments(what: string): void {
    if (this.environments.length > 0) this.incomplete = `not counted by environment: ${what}`
  }

  /** The body as an object. @throws WebRefusal */
  get body(): JsonRecord {
    const { body } = this.request
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw invalid('the body has to be a JSON object')
    }
    return body as JsonRecord
  }

  rows(sql: string, ...values: (string | number | bigint | null | Uint8Array)[]) {
    return this.database.prepare(sql).all(...values) as Row[]
  }

  row(sql: string, ...values: (string | number | bigint | null | Uint8Array)[]) {
    return this.database.prepare(sql).get(...values) as Row | undefined
  }
}

export type Row = Record<string, string | number | Uint8Array | null>

/** Answers one endpoint. @throws WebRefusal */
export type Answering = (asked: Asked) => WebAnswer | Promise<WebAnswer>

export const iso = (ms: number): string => new Date(ms).toISOString()
export const isoOrNull = (ms: unknown): string | null =>
  typeof ms === 'number' ? new Date(ms).toISOString() : null
