import { isOlder, type Evidence, type Surroundings } from './evidence.ts'
import type { Seen } from './files.ts'
import { continues, isGzip } from './matching.ts'
import type { Candidate } from './siblings.ts'
import type { Source } from './source.ts'

/** What following unseen files needs done to those that are known. */
interface Known {
  /** Looks where the other files of a log are now, or what is known would look like news. */
  readonly settle: (source: Source) => Promise<void>
  /** A file that was missing is there. */
  readonly found: (source: Source, candidate: Candidate) => void
}

/** A log of which generations are to be looked for again, and how far back: see `Generations.follow`. */
interface Doubt {
  readonly source: Source
  readonly after: bigint | undefined
}

/**
 * The generations of a log that nobody has seen: made and rotated away between two looks, or while Weir
 * was stopped. A rotated file is one of them unless it is known, a copy of what is known, or was there
 * before its log was followed.
 */
export class Generations {
  readonly #on: Surroundings
  readonly #evidence: Evidence
  readonly #known: Known
  /** Rotated files that were there before their log was followed: never read. */
  readonly #old = new Set<Seen['id']>()
  /**
   * By path of a log with such files, how far back what is its own may reach: one that is compressed later is another
   * file, but has the time of what it was made of.
   */
  readonly #since = new Map<string, bigint>()
  /** By path, logs whose generations could not be told apart, because names changed meanwhile. */
  readonly #unsure = new Map<string, Doubt>()

  constructor(surroundings: Surroundings, evidence: Evidence, known: Known) {
    this.#on = surroundings
    this.#evidence = evidence
    this.#known = known
  }

  /**
   * Whether a rotated file was there before its log was followed.
   * @param after as for `follow`.
   */
  isOld(candidate: Candidate, path: string, after = this.#since.get(path)): boolean {
    return this.#old.has(candidate.seen.id) || isOlder(candidate, after)
  }

  /** The same for a file in which a source that is known may live on: it may be older than what is news. */
  isTooOldFor(candidate: Candidate, { path, mtimeNs }: Source): boolean {
    const since = this.#since.get(path)
    return this.isOld(candidate, path, since !== undefined && mtimeNs < since ? mtimeNs : since)
  }

  /**
   * What is rotated already, for `ignore`. To be asked before the log itself is looked at: what is
   * rotated after that look may be the log that was seen.
   */
  rotated(source: Pick<Source, 'path' | 'real'>): readonly Candidate[] {
    return this.#on.siblings.rotated(source)
  }

  /**
   * What was rotated already when a log was first followed is not read, but for what is followed by now.
   * @param since no generation that is to be read was changed before, in nanoseconds.
   */
  ignore(path: string, rotated: readonly Candidate[], since: bigint): void {
    // What could not be told apart yet is looked at again.
    if (this.#unsure.has(path)) return
    for (const { seen } of rotated) {
      if (!this.#on.catalogue.byId(seen.id)) this.#ignored(seen, path, since)
    }
  }

  #ignored({ id }: Seen, path: string, since: bigint): void {
    this.#old.add(id)
    this.#since.set(path, since)
  }

  /**
   * Follows the rotated files of a log that nobody has seen.
   * @param after only those changed at this time or later, in nanoseconds: after a restart, when it is
   *   not known which ones were there before.
   * @returns how many.
   */
  async follow(source: Source, after?: bigint): Promise<number> {
    await this.#known.settle(source)
    let found = 0
    for (const candidate of this.#on.siblings.rotated(source)) {
      if (await this.followUnseen(candidate, source, after)) found += 1
    }
    return found
  }

  /** Follows one rotated file if nobody has seen it. */
  async followUnseen(candidate: Candidate, source: Source, after?: bigint): Promise<boolean> {
    const { catalogue, isFollowed } = this.#on
    const { path, seen } = candidate
    if (catalogue.byId(seen.id) || seen.size === 0) return false
    const overlooked = await this.#overlooked(candidate, source)
    if (overlooked) {
      this.#known.found(overlooked, candidate)
      return false
    }
    if (isFollowed(path)) {
      this.#on.discoverSoon()
      return false
    }
    if (this.isOld(candidate, source.path, after)) {
      if (after !== undefined) this.#ignored(seen, source.path, after)
      return false
    }
    const known = await this.#evidence.isKnown(candidate, source)
    // Not remembered: a copy that is known by its original alone takes its place when that goes.
    if (known === true) return false
    const isUnsure =
      known === undefined ||
      (await this.#evidence.isAwaited(candidate, source)) ||
      this.#evidence.idAt(path) !== seen.id
    if (isUnsure) {
      this.#doubt(source, after)
      catalogue.doubt(source.path, seen.mtimeNs)
      return false
    }
    this.#add(candidate, source)
    return true
  }

  /** What was in doubt and is not any more, after another look, need not be remembered over a restart. */
  settleDoubts(): void {
    if (this.#on.catalogue.unsure.size === 0) return
    this.#on.catalogue.doubtOnly(this.#unsure)
  }

  /** Those logs whose files were being renamed, to be looked at again; forgotten by that. */
  takeUnsure(): readonly Doubt[] {
    const unsure = [...this.#unsure.values()]
    this.#unsure.clear()
    return unsure
  }

  #doubt(source: Source, after: bigint | undefined): void {
    const known = this.#unsure.get(source.path)
    const isWider = !known || (known.after !== undefined && (after ?? 0n) < known.after)
    if (isWider) this.#unsure.set(source.path, { source, after })
  }

  /** The source that a file belongs to, when it was looked for while names were changing. */
  async #overlooked(candidate: Candidate, source: Source): Promise<Source | undefined> {
    const { catalogue, files } = this.#on
    for (const other of catalogue.family(source.path)) {
      if (other.id !== candidate.seen.id) continue
      if (other.place === 'missing') return other
      if (other.place === 'cut' && (await continues(files, candidate, other)) === 'rest')
        return other
    }
    return undefined
  }

  #add({ path, seen }: Candidate, source: Source) {
    const { catalogue, context } = this.#on
    const unseen = catalogue.make(source.path, seen.id)
    unseen.real = source.real
    unseen.gzip = isGzip(path)
    unseen.observe(seen)
    if (!unseen.gzip) unseen.known = seen.size
    unseen.place = 'away'
    unseen.at = path
    unseen.placeSince = context.clock.monotonic()
    unseen.changedAt = unseen.placeSince
    unseen.fresh = false
    catalogue.add(unseen)
    catalogue.pending.add(unseen)
    catalogue.note(unseen)
  }
}
