import { Evidence, isOwnPlace, isStrong, isTelling, type Surroundings } from './evidence.ts'
import type { Seen } from './files.ts'
import { headBytes } from './fingerprint.ts'
import { Generations } from './generations.ts'
import { continues, holdsAll, isBeginningOf, isGzip, setOffset } from './matching.ts'
import { remainsOf } from './remains.ts'
import type { Candidate } from './siblings.ts'
import type { Source } from './source.ts'

/** How often the copy of a log is looked for while names keep changing. */
const looks = 8

/**
 * Finds out where bytes went: renamed, copied and truncated, compressed or deleted, several times
 * between two looks and by either method. A generation of a log is recognised by its content (see
 * Source), so whichever file has it is read on from where the last one was left.
 */
export class Rotation {
  readonly generations: Generations
  readonly #on: Surroundings
  readonly #evidence: Evidence

  constructor(surroundings: Surroundings) {
    this.#on = surroundings
    this.#evidence = new Evidence(surroundings)
    this.generations = new Generations(surroundings, this.#evidence, {
      settle: (source) => this.#followFamily(source),
      found: (source, candidate) => this.#found(source, candidate),
    })
  }

  /** The file is no longer where it was; `seen` is what is there instead, if anything. */
  moved(source: Source): Promise<void> {
    return this.#once(source, () => this.#moved(source))
  }

  async #moved(source: Source): Promise<void> {
    const { catalogue, siblings } = this.#on
    const wasLive = source.place === 'live'
    if (wasLive) this.#on.discoverSoon()
    const found = siblings.near(source).find(({ seen }) => seen.id === source.id)
    if (found) {
      source.observe(found.seen)
      this.#place(source, found.path === source.path ? 'live' : 'away', found.path, source.id)
      if (wasLive) this.#countRotation('rename')
    } else if (source.file) {
      this.#place(source, 'away', undefined, source.id)
      if (wasLive) this.#countRotation(source.file.stat().links === 0 ? 'delete' : 'rename')
    } else if (!wasLive && source.unread === 0) {
      await this.done(source)
    } else if (!(await this.#bindToCopy(source, false))) {
      // Of a file of which nothing was read nothing is known: its copy looks like news.
      if (source.progress.offset === 0 && (await this.generations.follow(source)) > 0)
        source.known = 0
      // It may have got another name between two looks; a compressed copy is found by its content alone.
      if (source.progress.offset > 0 && (wasLive || !source.gzip)) {
        this.#place(source, 'missing', undefined, source.id)
        source.missedAway = !wasLive
        if (wasLive) this.#countRotation('delete')
        else this.#on.discoverSoon()
      } else {
        this.lost(source, 'unread_at_delete')
      }
    }
    // Truncated and then renamed.
    if (source.place === 'away' && !this.#evidence.stillIs(source))
      return await this.#cutAway(source)
    if (catalogue.sources.has(source)) {
      if (source.place !== 'missing' && !source.finished) catalogue.pending.add(source)
      // Also before it was ever read: what is in its place is newer, so that a start would take it for old.
      const isOwn = wasLive && source.place === 'away' && !this.#mayBeCopy(source)
      if (source.noted || isOwn) catalogue.note(source)
    }
    if (wasLive) await this.generations.follow(source)
  }

  /** The file's content is not what was read: it was truncated (and may have grown again), or its inode reused. */
  cutAway(source: Source): Promise<void> {
    return this.#once(source, () => this.#cutAway(source))
  }

  async #cutAway(source: Source): Promise<void> {
    const { catalogue, context } = this.#on
    if (source.progress.offset === 0) return
    const next = catalogue.make(source.path, source.id)
    next.place = source.place
    next.at = source.at
    next.real = source.real
    next.placeSince = source.placeSince
    next.changedAt = context.clock.monotonic()
    if (source.file) next.observe(source.file.stat())
    source.closeKeepingHead()
    catalogue.pending.delete(source)
    this.#place(source, 'cut', undefined, source.id)
    this.#countRotation('truncate')
    await this.#bindToCopy(source, false)
    catalogue.add(next)
    await this.generations.follow(source)
    catalogue.pending.add(next)
    catalogue.note(source)
    catalogue.note(next)
  }

  /**
   * Looks once more for what was not found; gives up what nothing is left of.
   * @returns whether what it did not take of the files nearby is nobody's (see Generations).
   */
  async settle(source: Source): Promise<boolean> {
    const { catalogue, context, options, siblings } = this.#on
    if (source.place === 'missing' && !this.#evidence.isLate(source)) {
      // Overlooked while names were changing.
      const there = siblings.near(source).find(({ seen }) => seen.id === source.id)
      if (there) {
        this.#found(source, there)
        return false
      }
    }
    if (source.ended) {
      await this.done(source)
      return !source.ended || !catalogue.sources.has(source)
    }
    const late = this.#evidence.isLate(source)
    const old = context.clock.now() - source.seenAt > options.position_ttl
    const retry = source.place === 'cut' || !late
    const bound = retry && (await this.#bindToCopy(source, late))
    if (bound) catalogue.note(source)
    else if (source.place === 'cut' && late) this.lost(source, 'unread_at_truncate')
    else if (source.place === 'missing' && (old || (late && source.missedAway)))
      this.lost(source, 'unread_at_delete')
    return bound || !catalogue.sources.has(source)
  }

  /** Looks again for the generations of logs whose files were being renamed. */
  async retry(): Promise<void> {
    for (const { source, after } of this.generations.takeUnsure()) {
      // What was a copy of the log is news no more once the log itself was truncated.
      if (source.place === 'live' && !this.#evidence.stillIs(source)) await this.cutAway(source)
      else if (source.place === 'live' && (await this.forked(source, after))) continue
      else await this.generations.follow(source, after)
    }
    this.generations.settleDoubts()
  }

  /** A rotated file that was read is gone: it lives on in a copy, or is forgotten. */
  async done(source: Source): Promise<void> {
    const { catalogue, siblings } = this.#on
    // Overlooked while names were changing; forgotten, it would be news.
    const there = siblings.near(source).find(({ seen }) => seen.id === source.id)
    if (there) {
      this.#found(source, there)
      return
    }
    const isTooOld = (candidate: Candidate) => this.generations.isTooOldFor(candidate, source)
    const copy = await remainsOf(this.#on, source, isTooOld)
    if (!copy) {
      // Its copy may be getting another name just now.
      if (source.gzip || (source.ended && this.#evidence.isLate(source))) catalogue.forget(source)
      else if (!source.ended) {
        source.ended = true
        source.closeKeepingHead()
        catalogue.move(source, { place: 'missing', at: undefined, id: source.id })
        source.placeSince = this.#on.context.clock.monotonic()
        // It may have a name by now that the patterns fit, and is known as long as it is not forgotten.
        this.#on.discoverSoon()
      }
      return
    }
    source.ended = false
    const { path, seen } = copy
    if (!isGzip(path) && seen.size < source.progress.offset)
      await setOffset(this.#on.files, source, path, seen.size)
    // Known, so that it is not news after a restart; never read again.
    this.#bind(source, copy)
    catalogue.pending.delete(source)
    source.finished = true
    catalogue.note(source)
  }

  /** Forgets a source, counting what is known to be unread. */
  lost(source: Source, reason: 'unread_at_truncate' | 'unread_at_delete'): void {
    const { catalogue, context } = this.#on
    if (source.unread > 0) {
      context.count(reason, source.unread)
      const { path, unread } = source
      context.log.warn(
        { path, bytes: unread, reason },
        'bytes of a log were gone before they were read',
      )
    }
    catalogue.forget(source)
  }

  /**
   * Little is known of a log's content when little was read of it, and what follows a truncation may
   * begin the same. So, when a rotated file holds what was read and goes on otherwise than the log
   * does, the log was truncated.
   * @param isLong also when more was read: nobody has looked for a while, in which all that was read may have come
   *   again, as the banner that a program begins each log with.
   * @returns whether it was.
   */
  async forked(source: Source, after?: bigint, isLong = false): Promise<boolean> {
    const { catalogue, files, siblings } = this.#on
    const { offset } = source.progress
    if (offset >= headBytes && !isLong) return false
    await this.#followFamily(source)
    if (source.place !== 'live') return true
    if (offset === 0) {
      await this.generations.follow(source, after)
      return false
    }
    for (const candidate of siblings.rotated(source)) {
      const { seen } = candidate
      const owner = catalogue.byId(seen.id)
      if (owner && !owner.fresh) continue
      if (this.generations.isOld(candidate, source.path, after)) continue
      if ((await this.#evidence.isKnown(candidate, source)) !== false) continue
      if ((await continues(files, candidate, source)) === 'rest') {
        await this.cutAway(source)
        return true
      }
      // Truncated after it was found and before it was read: what it held then is in the copy alone.
      await this.generations.followUnseen(candidate, source, after)
    }
    return false
  }

  /**
   * After the first reading of a log: what it held between being found and being read is in a copy alone
   * when it was truncated in between.
   */
  async begun(source: Source): Promise<void> {
    if (source.place !== 'live') return
    if (!this.#evidence.stillIs(source)) await this.cutAway(source)
    else if (!(await this.forked(source))) await this.generations.follow(source)
  }

  /** Whether a source's file is, by its name or its place, one that nobody writes to any more. */
  isRotatedAway(source: Source): boolean {
    return source.place === 'away' || this.#mayBeCopy(source)
  }

  /** Whether the name a source is followed by is that of a rotated copy of another. */
  #mayBeCopy(source: Source): boolean {
    const { catalogue, siblings } = this.#on
    return catalogue.family(source.path).some((other) => siblings.isRotated(other, source.path))
  }

  /**
   * Whether a file to be read for the first time is a copy: of a log that has been truncated since
   * (`bound`: that log's rest is now read from it), or of one that is about to be (`twin`: wait). What may be a
   * copy and is still empty tells nothing yet (`empty`): by the time it is opened its first bytes may be in it.
   */
  async claim(source: Source): Promise<'own' | 'empty' | 'twin' | 'bound'> {
    const { catalogue, files, siblings } = this.#on
    const path = source.at
    if (path === undefined) return 'own'
    await this.#followFamily(source)
    if (!catalogue.sources.has(source)) return 'bound'
    const seen = files.stat(path)
    if (!seen || seen.id !== source.id) return 'twin'
    let mayBeCopy = false
    for (const other of catalogue.family(source.path)) {
      if (other === source || !siblings.isRotated(other, path)) continue
      mayBeCopy = true
      // Live, or deleted and read on: what was copied before is to take its place.
      const holds = other.place === 'live' || (other.place === 'away' && other.at === undefined)
      if (holds && (await isBeginningOf(files, { path, seen }, other))) return 'twin'
      if (!this.#evidence.stillIs(other)) await this.cutAway(other)
      if (!catalogue.sources.has(source)) return 'bound'
    }
    for (const other of catalogue.family(source.path)) {
      // Of one that was read to its end only remains are looked for, by `settle`.
      if (other.ended || (other.place !== 'cut' && other.place !== 'missing')) continue
      if (await this.#bindToCopy(other, true)) catalogue.note(other)
      if (!catalogue.sources.has(source)) return 'bound'
    }
    return mayBeCopy && seen.size === 0 ? 'empty' : 'own'
  }

  /** Looks again when names changed meanwhile: the copy may be what was passed over. */
  async #bindToCopy(source: Source, acceptShortGzip: boolean): Promise<boolean> {
    let found = await this.#bindOnce(source, acceptShortGzip)
    for (let look = 1; look < looks && found === undefined; look++) {
      found = await this.#bindOnce(source, acceptShortGzip)
    }
    return found ?? false
  }

  /** @returns undefined when it found nothing, and a candidate had another name by then. */
  async #bindOnce(source: Source, acceptShortGzip: boolean): Promise<boolean | undefined> {
    const { catalogue, files, siblings } = this.#on
    let short: Candidate | undefined
    let steady = true
    await this.#followFamily(source)
    for (const candidate of siblings.near(source)) {
      if (isGzip(candidate.path) && this.generations.isTooOldFor(candidate, source)) continue
      const owner = catalogue.byId(candidate.seen.id)
      // What is at the path itself now may begin the same, but is another generation.
      const back = source.place === 'missing' && candidate.seen.id === source.id
      if (owner === source || (isOwnPlace(candidate, source) && !back)) continue
      if (owner && !owner.fresh) {
        if (this.#evidence.stillIs(owner)) continue
        // Copied over: an older copy was there before.
        owner.close()
        this.#place(owner, 'cut', undefined, owner.id)
      }
      const verdict = await continues(files, candidate, source)
      // Little is known of the content: it may be that of another generation.
      const weak = verdict !== 'no' && !isTelling(this.#on, source)
      const isPlainlyIts = verdict === 'rest' && !weak
      if (!isPlainlyIts && !siblings.isNamedAfter(source, candidate.path)) continue
      if (weak && !isStrong(source) && source.place === 'missing' && !back) {
        if (!isGzip(candidate.path) || !(await holdsAll(files, candidate, source))) continue
      }
      if (weak && (await this.#evidence.isSought(candidate, source))) continue
      const known = weak ? await this.#evidence.isKnown(candidate, source) : false
      const renamed = this.#evidence.idAt(candidate.path) !== candidate.seen.id
      if (known === undefined || renamed) steady = false
      if (known !== false || renamed) continue
      if (verdict === 'rest') {
        this.#bind(source, candidate)
        return true
      }
      // A compressed copy may still be growing.
      if (verdict === 'short' && (acceptShortGzip || !isGzip(candidate.path))) short ??= candidate
    }
    // Where names were changing, that which has the rest may have been passed over.
    if (!short || !steady) return steady ? false : undefined
    if (!isGzip(short.path)) await setOffset(files, source, short.path, short.seen.size)
    this.#bind(source, short)
    return true
  }

  /** A file that was missing is there. */
  #found(source: Source, { path, seen }: Candidate) {
    const { catalogue } = this.#on
    source.observe(seen)
    source.ended = false
    this.#place(source, path === source.path ? 'live' : 'away', path, seen.id)
    if (!source.finished) catalogue.pending.add(source)
    catalogue.note(source)
  }

  #bind(source: Source, { path, seen }: Candidate) {
    const { catalogue, context } = this.#on
    const fresh = catalogue.byId(seen.id)
    if (fresh) catalogue.forget(fresh)
    source.close()
    source.gzip = isGzip(path)
    source.observe(seen)
    if (!source.gzip) source.known = seen.size
    source.changedAt = context.clock.monotonic()
    this.#place(source, 'away', path, seen.id)
    catalogue.pending.add(source)
  }

  /** Looks where the other files of a log are now, or what is known would look like news. */
  async #followFamily(source: Source): Promise<void> {
    for (const other of this.#on.catalogue.family(source.path)) {
      if (other === source || other.at === undefined) continue
      if (this.#evidence.idAt(other.at) !== other.id) await this.moved(other)
      else if (!this.#evidence.stillIs(other)) await this.cutAway(other)
    }
  }

  /** Does not begin anew what is under way already on behalf of another. */
  async #once(source: Source, work: () => Promise<void>): Promise<void> {
    if (this.#evidence.moving.has(source)) return
    this.#evidence.moving.add(source)
    try {
      await work()
    } finally {
      this.#evidence.moving.delete(source)
    }
  }

  #place(source: Source, place: Source['place'], at: string | undefined, id: Seen['id']) {
    if (place !== source.place) source.placeSince = this.#on.context.clock.monotonic()
    this.#on.catalogue.move(source, { place, at, id })
  }

  #countRotation(kind: 'rename' | 'truncate' | 'delete') {
    const { context } = this.#on
    context.metrics.rotations.inc({ component: context.id, kind })
  }
}
