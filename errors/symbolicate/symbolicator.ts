import type { DatabaseSync } from 'node:sqlite'
import type { Frame, SentryEvent, Stacktrace } from '../event/sentry_event.ts'
import type { SourceMapsConfig } from './config.ts'
import { locate, mapFrame, type Mapped, type Ready } from './frames.ts'
import { type Found, Lookup, type LookupResult } from './lookup.ts'
import { MapCache } from './map_cache.ts'
import { debugIdOf, imagesOf, isMade, isRuntime, scriptOf, withoutQuery } from './places.ts'
import { unmapped } from './reasons.ts'
import { copyOf, isScript, stacksOf } from './stacks.ts'

/** An event and the project that it is for. */
export interface ProjectEvent {
  readonly project: number
  readonly event: SentryEvent
}

/** What the symbolicator stands on. The database is asked where the maps are; it is never written. */
export interface SymbolicatorWorld {
  readonly database: () => DatabaseSync
  readonly blobs: { path(sha256: string): string }
  readonly limits: SourceMapsConfig
}

/** Of an event: how many frames of scripts it has, how many were mapped, and why the others were not. */
export interface Explanation {
  readonly frames: number
  readonly mapped: number
  readonly unmapped: readonly {
    readonly reason: string
    readonly frames: number
    /** The script, as the first frame with this reason names it. */
    readonly file: string
    readonly debug_id?: string
  }[]
  /** How many more would be mapped by what is there now. */
  readonly mappable: number
}

/** What an event says of its scripts. */
interface Scripts {
  readonly project: number
  readonly event: SentryEvent
  readonly images: ReadonlyMap<string, string>
}

/** Maps the frames of minified JavaScript to their sources. Whatever a map holds, nothing here throws. */
export class Symbolicator {
  readonly #world: SymbolicatorWorld
  readonly #cache: MapCache
  #lookup: Lookup | undefined

  constructor(world: SymbolicatorWorld) {
    this.#world = world
    this.#cache = new MapCache((blob) => world.blobs.path(blob), world.limits)
  }

  /** What read maps take of memory. */
  get bytes(): number {
    return this.#cache.bytes
  }

  /** Whether anything was ever uploaded for a project: without that, only events that name debug ids are changed. */
  hasUploads(project: number): boolean {
    return this.#fresh().hasUploads(project)
  }

  /** Reads the maps that these events need into memory, so that `apply` need not wait for the disk. */
  async prepare(events: readonly ProjectEvent[]): Promise<void> {
    const lookup = this.#fresh()
    const wanted = new Set<Found>()
    for (const { project, event } of events) {
      const scripts = this.#scriptsOf(project, event)
      if (!scripts) continue
      for (const { stacktrace } of stacksOf(event)) {
        for (const frame of stacktrace?.frames ?? []) {
          const result = isScript(event, frame) ? resultOf(lookup, scripts, frame) : undefined
          if (result && 'map' in result) wanted.add(result)
        }
      }
    }
    for (const { map } of wanted) await this.#cache.prepare(map)
  }

  /**
   * Maps frames in place: `filename`, `abs_path`, `function`, `lineno`, `colno`, `module`, context lines, `in_app`.
   * The stack as it came stays in `raw_stacktrace`. A mapped frame has `data.sourcemap` (where the map was uploaded),
   * `data.symbolicated` and `data.resolved_with`; another one of a script `data.unmapped` with the reason.
   * A map that `prepare` has not read, or that had to go since, is read now.
   */
  apply(project: number, event: SentryEvent): void {
    const scripts = this.#scriptsOf(project, event)
    if (!scripts) return
    const lookup = this.#lookup ?? this.#fresh()
    for (const holder of stacksOf(event)) {
      const raw = holder.stacktrace!
      const mapped = this.#mapStack(lookup, scripts, raw)
      if (!mapped) continue
      holder.stacktrace = mapped
      // An event without exception or thread has no place for it in Sentry's model.
      if (holder !== event) holder.raw_stacktrace = raw
    }
  }

  /** A copy of the event with its stacks as they came mapped anew, for maps that were uploaded later. */
  async remap(project: number, event: SentryEvent): Promise<SentryEvent> {
    const copy = rawOf(event)
    await this.prepare([{ project, event: copy }])
    this.apply(project, copy)
    return copy
  }

  /** What became of the frames of an event, as digested, and what would now. */
  async explain(project: number, event: SentryEvent): Promise<Explanation> {
    const now = await this.remap(project, event)
    const later = stacksOf(now).map(({ stacktrace }) => stacktrace?.frames ?? [])
    const reasons = new Map<string, { frames: number; file: string; debug_id?: string }>()
    let [frames, mapped, mappable] = [0, 0, 0]
    const images = imagesOf(event)
    for (const [stack, { stacktrace }] of stacksOf(event).entries()) {
      for (const [place, frame] of (stacktrace?.frames ?? []).entries()) {
        if (!isScript(event, frame)) continue
        if (frame.data?.['symbolicated'] === true) [frames, mapped] = [frames + 1, mapped + 1]
        if (frame.data?.['symbolicated'] === true || isRuntime(scriptOf(frame))) continue
        const isMappable = later[stack]?.[place]?.data?.['symbolicated'] === true
        if (!isMappable && !isExpected({ project, event, images }, frame)) continue
        frames++
        if (isMappable) mappable++
        const reason = isMappable ? unmapped.late : this.#whyNot(project, event, frame)
        const debug_id = debugIdIn(images, frame)
        const told = reasons.get(reason) ?? {
          frames: 0,
          file: scriptOf(frame),
          ...(debug_id !== '' && { debug_id }),
        }
        told.frames++
        reasons.set(reason, told)
      }
    }
    const list = Array.from(reasons, ([reason, told]) => ({ reason, ...told }))
    return { frames, mapped, unmapped: list, mappable }
  }

  #whyNot(project: number, event: SentryEvent, frame: Frame): string {
    const recorded = frame.data?.['unmapped']
    if (typeof recorded === 'string') return recorded
    const scripts = { project, event, images: imagesOf(event) }
    const place = this.#place(this.#fresh(), scripts, frame)
    return typeof place === 'string' ? place : unmapped.late
  }

  #fresh(): Lookup {
    this.#lookup ??= new Lookup(
      this.#world.database(),
      (stored) => this.#cache.script(stored)?.mapReference,
    )
    this.#lookup.refresh()
    return this.#lookup
  }

  /** Undefined for an event of which no frame can be mapped, nor anybody expects it. */
  #scriptsOf(project: number, event: SentryEvent): Scripts | undefined {
    const images = imagesOf(event)
    const isPlatform = event.platform === 'javascript' || event.platform === 'node'
    if (images.size === 0 && !isPlatform) return undefined
    const hasUploads = (this.#lookup ?? this.#fresh()).hasUploads(project)
    return images.size > 0 || hasUploads ? { project, event, images } : undefined
  }

  /** A mapped copy; undefined when no frame changed its place. Reasons are put into the frames that came. */
  #mapStack(lookup: Lookup, scripts: Scripts, raw: Stacktrace): Stacktrace | undefined {
    const places = raw.frames.map((frame) =>
      isScript(scripts.event, frame) ? this.#place(lookup, scripts, frame) : undefined,
    )
    const mapped = places.some((place) => typeof place === 'object') ? copyOf(raw) : undefined
    for (const [index, frame] of (mapped ?? raw).frames.entries()) {
      const [place, caller] = [places[index], places[index - 1]]
      if (typeof place === 'object') {
        mapFrame(frame, place, typeof caller === 'object' ? caller : undefined)
      } else if (place !== undefined && isExpected(scripts, frame)) {
        frame.data = { ...frame.data, unmapped: place }
      }
    }
    return mapped
  }

  /** A frame's place in its map, or why it has none; undefined for frames of the runtime. */
  #place(lookup: Lookup, scripts: Scripts, frame: Frame): Mapped | string | undefined {
    const result = resultOf(lookup, scripts, frame)
    if (result === undefined || 'unmapped' in result) return result?.unmapped
    const ready = this.#read(result)
    return typeof ready === 'string' ? ready : locate(frame, ready)
  }

  #read(found: Found): Ready | string {
    const map = this.#cache.map(found.map)
    if (typeof map === 'string') return map
    const script = found.script && this.#cache.script(found.script)
    return { found, map, script }
  }
}

function resultOf(lookup: Lookup, scripts: Scripts, frame: Frame): LookupResult | undefined {
  const script = scriptOf(frame)
  // What was mapped by the SDK, or by an earlier Weir, has no place in a map any more.
  if (isRuntime(script) || frame.data?.['symbolicated'] === true) return undefined
  const debugId = debugIdIn(scripts.images, frame)
  if (debugId === '' && isMade(script)) return { unmapped: unmapped.made }
  const { release = '', dist = '' } = scripts.event
  return lookup.find({ project: scripts.project, script, debugId, release, dist })
}

/** The debug id of a frame's script: by its whole address, its name, or its address without a query. */
function debugIdIn(images: ReadonlyMap<string, string>, frame: Frame): string {
  const { abs_path = '', filename = '' } = frame
  const id = images.get(abs_path) ?? images.get(filename) ?? images.get(withoutQuery(abs_path))
  return id ?? debugIdOf(frame.data?.['debug_id'])
}

/** Node runs most of its code as it was written: only where a debug id says otherwise is a missing map worth a word. */
function isExpected({ event, images }: Scripts, frame: Frame): boolean {
  if ((frame.platform ?? event.platform) === 'javascript') return true
  return debugIdIn(images, frame) !== ''
}

/** A copy with the stacks as they came, without what mapping has said of them. */
function rawOf(event: SentryEvent): SentryEvent {
  const copy = structuredClone(event)
  for (const holder of stacksOf(copy)) {
    if (holder !== copy && holder.raw_stacktrace) {
      holder.stacktrace = holder.raw_stacktrace
      delete holder.raw_stacktrace
    }
    for (const frame of holder.stacktrace?.frames ?? []) {
      if (frame.data) delete frame.data['unmapped']
    }
  }
  return copy
}
