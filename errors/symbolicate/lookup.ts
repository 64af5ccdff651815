import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { resolveUrl, urlsOf } from './places.ts'
import { unmapped } from './reasons.ts'
import { inlineReference } from './script.ts'

/** A blob of an upload, and its size in bytes. */
export interface Stored {
  readonly blob: string
  readonly size: number
  /** The map that the script of this blob has inside, as a `data:` url. */
  readonly isInline?: true
}

/** The map of a script. */
export interface Found {
  readonly map: Stored
  /** Where the map is said to be, which its sources are relative to. */
  readonly mapUrl: string
  /** The minified script, where it was uploaded too. */
  readonly script: Stored | undefined
  readonly by: 'debug-id' | 'release'
  readonly uploadedMs: number
}

/** What a frame is looked up with. */
export interface Wanted {
  readonly project: number
  readonly script: string
  /** Empty when the event has none; so are the next two. */
  readonly debugId: string
  readonly release: string
  readonly dist: string
}

export type LookupResult = Found | { readonly unmapped: string }

interface Row extends Stored {
  readonly url: string
  readonly dist: string
  readonly debug_id: string
  readonly map_reference: string | null
  readonly uploaded_ms: number
}

/** Remembered answers; beyond it all are forgotten. */
const rememberedMax = 10_000

const columns = 'blob, size, url, dist, debug_id, map_reference, uploaded_ms'

/**
 * Finds the map of a script in what was uploaded: by debug id, then by release, dist and url.
 *
 * @param referenceIn the `//# sourceMappingURL` of a stored script; `data:` for a map inside of it, undefined without one.
 */
export class Lookup {
  readonly #database: DatabaseSync
  readonly #referenceIn: (script: Stored) => string | undefined
  readonly #byDebugId: StatementSync
  readonly #elsewhere: StatementSync
  readonly #byUrl: StatementSync
  readonly #ofRelease: StatementSync
  readonly #ofProject: StatementSync
  readonly #stateNow: StatementSync
  readonly #remembered = new Map<string, LookupResult>()
  readonly #withUploads = new Map<number, boolean>()
  #state = ''

  constructor(database: DatabaseSync, referenceIn: (script: Stored) => string | undefined) {
    this.#database = database
    this.#referenceIn = referenceIn
    const prepare = (text: string) => this.#database.prepare(text)
    this.#byDebugId = prepare(
      `select ${columns} from artifacts where debug_id = ? and project = ? and type = ? order by id desc limit 1`,
    )
    this.#elsewhere = prepare('select 1 from artifacts where debug_id = ? limit 1')
    this.#byUrl = prepare(
      `select ${columns} from artifacts where project = ? and release = ? and dist in (?, '') and url = ? and type = ? order by dist desc, id desc limit 1`,
    )
    this.#ofRelease = prepare(
      "select dist from artifacts where project = ? and release = ? and (?3 = '' or url = ?3) limit 1",
    )
    this.#ofProject = prepare('select 1 from artifacts where project = ? limit 1')
    this.#stateNow = prepare("select value from meta where key = 'artifacts'")
  }

  /** Forgets what it remembers when uploads have changed. Cheap: once a batch. */
  refresh(): void {
    const state = String(this.#stateNow.get()?.['value'] ?? '')
    if (state === this.#state) return
    this.#state = state
    this.#remembered.clear()
    this.#withUploads.clear()
  }

  /** Whether anything was ever uploaded for a project. */
  hasUploads(project: number): boolean {
    let has = this.#withUploads.get(project)
    if (has === undefined) {
      has = this.#ofProject.get(project) !== undefined
      this.#withUploads.set(project, has)
    }
    return has
  }

  find(wanted: Wanted): LookupResult {
    const { project, script, debugId, release, dist } = wanted
    const key = JSON.stringify([project, script, debugId, release, dist])
    const known = this.#remembered.get(key)
    if (known) return known
    const found = this.#find(wanted)
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear()
    this.#remembered.set(key, found)
    return found
  }

  #find(wanted: Wanted): LookupResult {
    const byId = wanted.debugId === '' ? undefined : this.#findByDebugId(wanted)
    if (byId && 'map' in byId) return byId
    const byRelease = this.#findByRelease(wanted)
    return 'map' in byRelease ? byRelease : (byId ?? byRelease)
  }

  #findByDebugId({ project, debugId }: Wanted): LookupResult {
    const map = this.#byDebugId.get(debugId, project, 'source_map') as Row | undefined
    const script = this.#byDebugId.get(debugId, project, 'minified_source') as Row | undefined
    if (map) return foundOf(map, script, 'debug-id')
    if (script && this.#referenceIn(script) === inlineReference) return inlineOf(script, 'debug-id')
    if (script) return { unmapped: unmapped.scriptOnly }
    const isElsewhere = this.#elsewhere.get(debugId) !== undefined
    return { unmapped: isElsewhere ? unmapped.otherProject : unmapped.noDebugId }
  }

  #findByRelease(wanted: Wanted): LookupResult {
    const { project, release, script } = wanted
    if (release === '') return { unmapped: unmapped.noRelease }
    if (!this.#ofRelease.get(project, release, '')) return { unmapped: unmapped.emptyRelease }
    const urls = urlsOf(script)
    for (const url of urls) {
      const row = this.#rowAt(wanted, url, 'minified_source')
      if (row) return this.#mapOfScript(wanted, row)
    }
    // Without the script, the name that every bundler gives its map.
    for (const url of urls) {
      const map = this.#rowAt(wanted, `${url}.map`, 'source_map')
      if (map) return foundOf(map, undefined, 'release')
    }
    const isOfOtherDist = urls
      .flatMap((url) => [url, `${url}.map`])
      .some((url) => this.#ofRelease.get(project, release, url))
    return { unmapped: isOfOtherDist ? unmapped.otherDist : unmapped.noUrl }
  }

  #rowAt({ project, release, dist }: Wanted, url: string, type: string): Row | undefined {
    return this.#byUrl.get(project, release, dist, url, type) as Row | undefined
  }

  #mapOfScript(wanted: Wanted, script: Row): LookupResult {
    if (script.debug_id !== '') {
      const byId = this.#findByDebugId({ ...wanted, debugId: script.debug_id })
      if ('map' in byId) return { ...byId, script, by: 'release' }
    }
    const beside = this.#rowAt(wanted, `${script.url}.map`, 'source_map')
    const header = script.map_reference
    const isOutside = header !== null && !header.startsWith(inlineReference)
    const reference = isOutside ? header : this.#referenceIn(script)
    if (reference === undefined || reference === inlineReference) {
      if (beside) return foundOf(beside, script, 'release')
      return reference === undefined
        ? { unmapped: unmapped.noReference }
        : inlineOf(script, 'release')
    }
    const url = resolveUrl(reference, script.url)
    const candidates = url === undefined ? [] : urlsOf(url)
    for (const each of [reference, ...candidates]) {
      const map = this.#rowAt(wanted, each, 'source_map')
      if (map) return foundOf(map, script, 'release')
    }
    if (beside) return foundOf(beside, script, 'release')
    return { unmapped: `${unmapped.missingReference}: ${reference.slice(0, 200)}` }
  }
}

function foundOf(map: Row, script: Row | undefined, by: Found['by']): Found {
  return { map, mapUrl: map.url, script, by, uploadedMs: map.uploaded_ms }
}

function inlineOf(script: Row, by: Found['by']): Found {
  return foundOf({ ...script, isInline: true }, script, by)
}
