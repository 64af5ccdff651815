import type { Position } from '../../../core/journal/batch.ts'
import { familyOf } from './names.ts'
import { Schedule } from './schedule.ts'
import { Source, type Company } from './source.ts'

/** More paths than that are not remembered once nothing is followed at them. */
const rememberedPaths = 100_000

/** All sources of one input, found by path, by file identity and by family; and what to tell the journal. */
export class Catalogue implements Company {
  readonly sources = new Set<Source>()
  /** Sources that may have something to read, in the order in which they are read. */
  readonly pending = new Set<Source>()
  readonly schedule: Schedule
  /** Sources whose file is open. */
  readonly open = new Set<Source>()
  readonly unsure = new Map<string, bigint>()
  /** Positions to make durable with the next arrival; null forgets one. */
  #notes = new Map<string, Position | null>()
  readonly #byId = new Map<string, Source>()
  readonly #live = new Map<string, Source>()
  /** Those that are nowhere, by what their files were. */
  readonly #missing = new Map<string, Source>()
  /** Most have one member, for which a list would be twice as large, a Set eight times. */
  readonly #families = new Map<string, Source | Source[]>()
  /** Paths that were followed and are not now, the latest last. */
  readonly #followed = new Set<string>()
  readonly #nextKey: () => string
  readonly #now: () => number

  /**
   * @param now milliseconds since the epoch.
   * @param slotMs how exact the times of looks are.
   */
  constructor(nextKey: () => string, now: () => number, slotMs: number) {
    this.schedule = new Schedule(slotMs)
    this.#nextKey = nextKey
    this.#now = now
  }

  /** A source that the journal does not know yet; not yet added. */
  make(path: string, id: string): Source {
    return new Source(this.#nextKey(), path, id, this.#now(), this)
  }

  add(source: Source): void {
    this.sources.add(source)
    source.followed = true
    this.schedule.set(source, source.nextLook)
    this.#index(source)
    if (source.place === 'live') {
      this.#followed.delete(source.path)
    } else this.remember(source.path)
    this.#join(source)
  }

  /** Takes a source out, without telling the journal. */
  remove(source: Source): void {
    source.close()
    this.sources.delete(source)
    source.followed = false
    this.pending.delete(source)
    this.#unindex(source)
    this.#leave(source)
  }

  /** Takes a source out for good. */
  forget(source: Source): void {
    this.remove(source)
    if (!source.fresh || source.noted) this.#note(source.key, null)
  }

  /** Changes where a source is. */
  move(source: Source, to: Pick<Source, 'place' | 'at' | 'id'>): void {
    this.#unindex(source)
    source.place = to.place
    source.at = to.at
    source.id = to.id
    this.#index(source)
    this.schedule.set(source, 0)
  }

  /** Follows a source by another path; its file is there (live), or is a rotated one of that log (away). */
  rename(source: Source, to: { path: string; real: string; at: string }): void {
    this.#unindex(source)
    this.#leave(source)
    source.rename(to.path, to.real)
    this.#join(source)
    if (to.at === to.path) this.#followed.delete(to.path)
    this.move(source, { place: to.at === to.path ? 'live' : 'away', at: to.at, id: source.id })
  }

  /** The source of a file, be it one that has no name any more. */
  known(id: string): Source | undefined {
    return this.#byId.get(id) ?? this.#missing.get(id)
  }
  byId(id: string): Source | undefined {
    return this.#byId.get(id)
  }
  /** The source that is at the path it is followed by. */
  live(path: string): Source | undefined {
    return this.#live.get(path)
  }
  remember(path: string): void {
    this.#followed.delete(path)
    this.#followed.add(path)
    if (this.#followed.size <= rememberedPaths) return
    const [oldest] = this.#followed
    this.#followed.delete(oldest!)
  }
  /** Whether a path was followed before: what is rotated beside it may be news. */
  wasFollowed(path: string): boolean {
    return this.#live.has(path) || this.#followed.has(path)
  }
  /** Every generation of a log, and of those that share its name but for what rotation appends. */
  family(path: string): readonly Source[] {
    const members = this.#families.get(familyOf(path))
    if (!members) return []
    return Array.isArray(members) ? [...members] : [members]
  }

  /** The journal is to know where this source is. */
  note(source: Source): void {
    source.noted = true
    this.#note(source.key, source.position())
  }
  dropNote(key: string): void {
    this.#note(key, null)
  }
  /** What was noted of this source is said otherwise. */
  unnote(source: Source): void {
    this.#notes.delete(source.key)
  }
  /** @param since what was rotated at a path at this time or later may be news; told with all its positions. */
  doubt(path: string, since: bigint): void {
    const known = this.unsure.get(path)
    if (known !== undefined && known <= since) return
    this.unsure.set(path, since)
    const told = this.family(path).find((source) => source.path === path && source.noted)
    if (told) this.note(told)
  }
  /** Nothing is in doubt any more but at these paths. */
  doubtOnly(paths: { has(path: string): boolean }): void {
    for (const path of this.unsure.keys()) {
      if (paths.has(path)) continue
      this.unsure.delete(path)
      for (const source of this.family(path)) {
        if (source.path === path && source.noted) this.note(source)
      }
    }
  }
  takeNotes(): ReadonlyMap<string, Position | null> {
    const notes = this.#notes
    if (notes.size > 0) this.#notes = new Map()
    return notes
  }

  #note(key: string, position: Position | null) {
    this.#notes.set(key, position)
  }
  #join(source: Source) {
    const members = this.family(source.path)
    if (members.includes(source)) return
    this.#families.set(familyOf(source.path), members.length === 0 ? source : [...members, source])
  }
  #leave(source: Source) {
    const family = familyOf(source.path)
    const left = this.family(source.path).filter((member) => member !== source)
    if (left.length === 0) this.#families.delete(family)
    else this.#families.set(family, left.length === 1 ? left[0]! : left)
  }
  #index(source: Source) {
    const { id, path, place } = source
    if (place === 'live' || place === 'away') this.#byId.set(id, source)
    if (place === 'live') this.#live.set(path, source)
    if (place === 'missing') this.#missing.set(id, source)
  }
  #unindex(source: Source) {
    if (this.#missing.get(source.id) === source) this.#missing.delete(source.id)
    if (this.#byId.get(source.id) === source) this.#byId.delete(source.id)
    if (this.#live.get(source.path) !== source) return
    this.#live.delete(source.path)
    this.remember(source.path)
  }
}
