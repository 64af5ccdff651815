import type { JsonObject } from '../../../core/json.ts'
import type { InputContext } from '../../input.ts'
import { messageOf } from '../../../core/errors.ts'
import { Catalogue } from './catalogue.ts'
import type { TailFiles } from './files.ts'
import { Discovery } from './discovery.ts'
import type { Surroundings } from './evidence.ts'
import { Folders, glob } from './globs.ts'
import type { TailConfig } from './options.ts'
import { Reading } from './reading.ts'
import { restore } from './restore.ts'
import { Rotation } from './rotation.ts'
import { Siblings } from './siblings.ts'
import type { Source } from './source.ts'

/** The files an input follows: finds them, looks whether they changed, reads those that did. */
export class Following {
  readonly #options: TailConfig
  readonly #context: InputContext
  readonly #files: TailFiles
  readonly #folders: Folders
  readonly #catalogue: Catalogue
  readonly #rotation: Rotation
  readonly #discovery: Discovery
  readonly #reading: Reading
  readonly #surroundings: Surroundings
  #keys = 0
  /** Monotonic milliseconds. */
  #lookedAt = Infinity
  /** Nobody has looked for several intervals: a log may have been truncated and have grown past what was read of it. */
  #isLongAgo = false

  constructor(options: TailConfig, context: InputContext, files: TailFiles) {
    this.#options = options
    this.#context = context
    this.#files = files
    this.#folders = new Folders(files, () => context.clock.now())
    const { clock, random, worker } = context
    const run = `${clock.now().toString(36)}${Math.floor(random() * 36 ** 6).toString(36)}`
    this.#catalogue = new Catalogue(
      () => `${context.id}/${run}-${worker.index}-${(this.#keys++).toString(36)}`,
      () => clock.now(),
      options.poll_interval,
    )
    const elsewhere = options.rotated_paths.map(glob)
    this.#surroundings = {
      context,
      options,
      files,
      catalogue: this.#catalogue,
      siblings: new Siblings(files, this.#folders, elsewhere),
      isFollowed: (path: string) => this.#discovery.isFollowed(path),
      discoverSoon: () => this.#discovery.soon(),
    }
    this.#rotation = new Rotation(this.#surroundings)
    this.#discovery = new Discovery(this.#surroundings, this.#folders, this.#rotation)
    this.#reading = new Reading(context, options, files, this.#catalogue)
  }

  async start(): Promise<void> {
    const { positions, worker, id } = this.#context
    const own = [...positions].filter(([key]) => key.startsWith(`${id}/`))
    await restore(this.#surroundings, this.#rotation, own, worker)
  }

  /**
   * One round: new files, changed files, rotations, then reading all that there is to read.
   * @returns bytes read.
   */
  async poll(stopping: AbortSignal): Promise<number> {
    const before = this.#reading.consumed
    await this.#recover()
    await this.#look()
    while (this.#catalogue.pending.size > 0 && !stopping.aborted) {
      const { clock } = this.#context
      const lookAt = clock.monotonic() + this.#options.poll_interval
      let progress = false
      for (const source of Array.from(this.#catalogue.pending)) {
        if (stopping.aborted || this.#reading.failed !== undefined) break
        if ((await this.#turn(source)) === 'more') progress = true
        if (clock.monotonic() >= lookAt) break
      }
      await this.#reading.flush()
      if (this.#reading.failed !== undefined) break
      if (!progress && this.#catalogue.pending.size === 0) break
      if (clock.monotonic() >= lookAt) await this.#look()
    }
    await this.#reading.flush()
    this.#count()
    return this.#reading.consumed - before
  }

  /** Something may have happened to a path. */
  wake(path: string): void {
    const source = this.#catalogue.live(path)
    if (source) this.#catalogue.schedule.set(source, 0)
    else if (this.#discovery.isFollowed(path)) this.#discovery.due()
  }

  folders(): string[] {
    return this.#folders.known()
  }

  settled(): Promise<void> {
    return this.#reading.settled()
  }

  close(): void {
    this.#reading.stop()
    for (const source of this.#catalogue.sources) source.close()
    this.#count()
  }

  /** `files` lists the hundred that lag most. */
  status(): JsonObject {
    const sources = [...this.#catalogue.sources]
    const shown = sources.toSorted((a, b) => b.lag - a.lag).slice(0, 100)
    return {
      files_known: sources.length,
      files_open: this.#catalogue.open.size,
      lag_bytes: sources.reduce((sum, { lag }) => sum + lag, 0),
      folder_problems: Object.fromEntries(this.#folders.problems),
      files: shown.map((source) => ({
        path: source.path,
        ...(source.at !== source.path && { at: source.at ?? null }),
        state: source.place,
        offset: source.progress.offset,
        size: source.size,
        lag_bytes: source.lag,
        ...(source.problem !== undefined && { problem: source.problem }),
      })),
    }
  }

  /** After a rejected delivery: nothing was taken of it, so reading goes back to what is durable. */
  async #recover(): Promise<void> {
    const { failed } = this.#reading
    if (failed === undefined) return
    await this.#reading.settled()
    this.#context.log.warn(`a delivery was refused and is repeated: ${messageOf(failed)}`)
    for (const source of this.#catalogue.sources) {
      if (source.progress !== source.durable) {
        source.close()
        source.progress = source.durable
        // What is nowhere is looked for, not read.
        if (source.place === 'live' || source.place === 'away') this.#catalogue.pending.add(source)
      }
      if (source.noted) this.#catalogue.note(source)
    }
    this.#reading.recovered()
  }

  async #look(): Promise<void> {
    const now = this.#context.clock.monotonic()
    const { schedule } = this.#catalogue
    const { poll_interval, gather_interval } = this.#options
    this.#isLongAgo = now - this.#lookedAt > 3 * Math.max(poll_interval, gather_interval)
    this.#lookedAt = now
    for (const source of this.#restless(now)) {
      if (!source.followed) continue
      try {
        const lost = source.place === 'cut' || source.place === 'missing'
        if (!lost) await this.#lookAt(source, now)
        else if (await this.#rotation.settle(source))
          await this.#rotation.generations.follow(source)
      } catch (failure) {
        this.#report(source, failure)
      }
      // Whatever happened, it is looked at again.
      if (source.nextLook <= now || source.nextLook === Infinity)
        schedule.set(source, now + this.#options.poll_interval)
    }
    await this.#rotation.retry()
    await this.#discovery.look(now)
  }

  /**
   * Of those whose time has come, the few that are to be looked at more closely. A loop without a promise, since a
   * thousand files that rest pass here each second.
   */
  #restless(now: number): readonly Source[] {
    const due = this.#catalogue.schedule.take(now)
    const restless: Source[] = []
    for (let i = 0; i < due.length; i++) {
      const source = due[i]!
      if (source.followed && !this.#rests(source, now)) restless.push(source)
    }
    return restless
  }

  /**
   * Looks at a file that nothing is known to be wrong or unfinished with; false when it has to be looked
   * at more closely. Almost all looks end here, so it makes no promise and next to no garbage.
   */
  #rests(source: Source, now: number): boolean {
    const { at, last, place } = source
    const { pending, schedule } = this.#catalogue
    if (at === undefined || last === undefined || place !== 'live') return false
    if (source.content || source.waiting || source.fresh || source.lag > 0) return false
    if (source.problem !== undefined || (pending.size > 0 && pending.has(source))) return false
    try {
      if (this.#files.stat(at, last) !== last) return false
    } catch {
      return false
    }
    schedule.set(source, now + this.#pause(source, now))
    return true
  }

  /** In proportion to the rest so far: a file that has just changed is looked at often. */
  #pause({ changedAt }: Source, now: number): number {
    const { poll_interval, idle_poll_interval } = this.#options
    return Math.min(idle_poll_interval, Math.max(poll_interval, (now - changedAt) / 4))
  }

  async #lookAt(source: Source, now: number): Promise<void> {
    const { poll_interval, rotate_wait, close_idle, multiline } = this.#options
    try {
      // One that is open has probably changed.
      const last = source.content ? undefined : source.last
      const seen = source.at === undefined ? source.file?.stat() : this.#files.stat(source.at, last)
      if (source.at !== undefined && !(seen && source.isFile(seen) && seen.kind === 'file')) {
        await this.#rotation.moved(source)
        if (!this.#catalogue.sources.has(source)) return
      } else if (seen && seen.size < source.progress.offset && !source.gzip) {
        await this.#rotation.cutAway(source)
        return
      } else if (seen && source.observe(seen)) {
        source.changedAt = now
        source.leftOut = false
        if (!source.finished) this.#catalogue.pending.add(source)
        if (source.noted && source.place === 'live' && (await this.#forked(source))) return
      }
      // What is to be read is well once it has been read.
      if (!this.#catalogue.pending.has(source)) source.problem = undefined
    } catch (failure) {
      this.#report(source, failure)
    }
    const quiet = now - Math.max(source.changedAt, source.placeSince)
    const unchangedFor = now - source.changedAt
    const flush = source.waiting && multiline && unchangedFor >= multiline.flush_after
    const open = source.lag > 0 || source.at === undefined || source.gzip
    const ends = open && quiet >= rotate_wait && !source.finished
    const final = ends && this.#rotation.isRotatedAway(source)
    if ((flush ?? false) || final || (source.fresh && source.size > 0)) {
      this.#catalogue.pending.add(source)
    }
    if (source.content && unchangedFor >= close_idle && source.at !== undefined) source.close()
    const soon = source.waiting || (source.place === 'away' && quiet < rotate_wait)
    this.#catalogue.schedule.set(source, now + (soon ? poll_interval : this.#pause(source, now)))
  }

  #forked(source: Source): Promise<boolean> {
    return this.#rotation.forked(source, undefined, this.#isLongAgo)
  }

  async #turn(source: Source): Promise<'more' | 'done'> {
    const { clock } = this.#context
    const { pending } = this.#catalogue
    const { rotate_wait, multiline, max_open_files } = this.#options
    try {
      if (source.leftOut) {
        pending.delete(source)
        return 'done'
      }
      if (source.fresh && source.progress.offset === 0) {
        const claim = await this.#rotation.claim(source)
        const isOwn = claim === 'own' || claim === 'empty'
        // Known before it is read: should it be rotated while Weir is stopped, it is missed.
        if (isOwn && !source.noted) this.#catalogue.note(source)
        if (claim !== 'own') {
          pending.delete(source)
          return 'done'
        }
      }
      const unchangedFor = clock.monotonic() - source.changedAt
      const quiet = clock.monotonic() - Math.max(source.changedAt, source.placeSince)
      const final = quiet >= rotate_wait && this.#rotation.isRotatedAway(source)
      const flush = multiline !== undefined && unchangedFor >= multiline.flush_after
      const isFirst = source.progress.offset === 0
      const turn = await this.#reading.turn(source, { final, flush })
      source.problem = undefined
      if (isFirst && (turn === 'end' || turn === 'more')) {
        const { place } = source
        await this.#rotation.begun(source)
        // It was found to be elsewhere, and what there is to read of it is under way.
        if (source.place !== place) return 'done'
      }
      if (turn === 'more') {
        // Behind the others.
        pending.delete(source)
        pending.add(source)
        return 'more'
      }
      pending.delete(source)
      source.finished = final && turn === 'end'
      if (turn === 'cut') await this.#rotation.cutAway(source)
      else if (turn === 'moved') await this.#rotation.moved(source)
      else if (final && source.at === undefined) await this.#rotation.done(source)
      else if (this.#catalogue.open.size > max_open_files && source.at !== undefined) source.close()
    } catch (failure) {
      pending.delete(source)
      this.#report(source, failure)
    }
    return 'done'
  }

  /** A file that cannot be read now may be readable later: it is said once and tried at each look. */
  #report(source: Source, failure: unknown) {
    const problem = (failure as NodeJS.ErrnoException).code ?? messageOf(failure)
    if (source.problem !== problem) {
      this.#context.log.warn(
        { path: source.at ?? source.path },
        `a file cannot be read and is tried again: ${messageOf(failure)}`,
      )
    }
    source.close()
    source.problem = problem
    // Looks unlike anything seen, so that the next look reads it again.
    source.forgetLook()
  }

  #count() {
    const component = { component: this.#context.id }
    this.#context.metrics.files_open.set(component, this.#catalogue.open.size)
    this.#context.metrics.files_known.set(component, this.#catalogue.sources.size)
  }
}
