import { messageOf } from '../../../core/errors.ts'
import { isMadeAfter, type Surroundings } from './evidence.ts'
import { glob, matches, type Folders, type Glob } from './globs.ts'
import { isBeginningOf, setOffset } from './matching.ts'
import { familyOf, shardOf } from './names.ts'
import type { Seen } from './files.ts'
import { isMadeUp, MadeUp } from './made_up.ts'
import { Renaming } from './renaming.ts'
import type { Rotation } from './rotation.ts'
import type { Candidate } from './siblings.ts'
import type { Source } from './source.ts'

/** Every so many discoveries look at all names, also in folders that have not changed. */
const fullDiscovery = 12
/** By how much the times of files lag the clock: up to a tick of the kernel's. */
const tickMs = 10

/** Finds the files to follow by the patterns of the config, every `refresh_interval` or when told. */
export class Discovery {
  readonly #on: Surroundings
  readonly #folders: Folders
  readonly #rotation: Rotation
  readonly #renaming: Renaming
  readonly #paths: readonly Glob[]
  readonly #excluded: readonly Glob[]
  #nextAt = -Infinity
  #isFirst = true
  /** When it last began to look, ms since the epoch. */
  #lookedAtMs: number | undefined
  #discoveries = 0
  /** A path has to be looked at again: for it the last look does not count. */
  #isAmiss = false
  #walked = new WeakMap<Glob, WeakSet<object>>()

  constructor(surroundings: Surroundings, folders: Folders, rotation: Rotation) {
    this.#on = surroundings
    this.#folders = folders
    this.#rotation = rotation
    this.#renaming = new Renaming(surroundings, rotation)
    this.#paths = surroundings.options.paths.map(glob)
    this.#excluded = surroundings.options.exclude_paths.map(glob)
  }

  isFollowed(path: string): boolean {
    if (path.endsWith('.gz')) return false
    if (!this.#paths.some((pattern) => matches(pattern, path))) return false
    return !this.#excluded.some((pattern) => matches(pattern, path))
  }

  /** Looks at the next chance. */
  due(): void {
    this.#nextAt = -Infinity
  }

  /** Looks at the next chance, at all names anew: one that was followed when its folder was last listed may not be now. */
  soon(): void {
    this.due()
    this.#discoveries = 0
  }

  /** @param now monotonic milliseconds; nothing is done before it is time. */
  async look(now: number): Promise<void> {
    if (now < this.#nextAt) return
    const { catalogue, context, options } = this.#on
    const { clock, worker } = context
    this.#nextAt = now + options.refresh_interval
    const beganMs = clock.now()
    const found = new Set<string>()
    // Now and then everything, for what became a file of its own without its folder changing.
    if (this.#discoveries++ % fullDiscovery === 0) this.#walked = new WeakMap()
    for (const pattern of this.#paths) {
      const walked = this.#walked.get(pattern) ?? new WeakSet()
      this.#walked.set(pattern, walked)
      const add = (path: string) => {
        if (!catalogue.live(path) && this.isFollowed(path)) found.add(path)
      }
      this.#folders.walk(pattern, add, walked)
    }
    for (const path of found) {
      if (shardOf(familyOf(path), worker.count) !== worker.index) continue
      try {
        await this.#adopt(path)
        this.#folders.problems.delete(path)
      } catch (failure) {
        const message = messageOf(failure)
        const isSaid = this.#folders.problems.get(path) === message
        this.#folders.problems.set(path, message)
        if (!(failure instanceof MadeUp)) this.#discoveries = 0
        else if (!isSaid) context.log.warn({ path }, message)
      }
    }
    if (!this.#isAmiss) {
      this.#isFirst = false
      this.#lookedAtMs = beganMs
    }
    this.#isAmiss = false
  }

  /** Follows a path that nothing is followed at. */
  async #adopt(path: string): Promise<void> {
    const { catalogue, context, files, options } = this.#on
    const { clock } = context
    const { ignore_older, read_from } = options
    const seen = files.stat(path)
    if (seen?.kind !== 'file') return
    if (isMadeUp(files, path, seen)) throw new MadeUp()
    const known = await this.#renaming.known({ path, seen })
    if (known === 'followed') return
    const real = files.real(path)
    const wasFollowed = catalogue.wasFollowed(path)
    const rotated = wasFollowed ? [] : this.#rotation.generations.rotated({ path, real })
    // What was rotated between the two looks is not the log any more.
    if (files.stat(path)?.id !== seen.id) {
      this.soon()
      this.#isAmiss = true
      return
    }
    const rotation = this.#rotation
    await this.#renaming.takeAlong({ path, real }, rotated)
    const source = known
      ? await this.#renaming.rename(known, { path, real, seen })
      : this.#make(path, real, seen)
    if (wasFollowed) await rotation.generations.follow(source)
    // What is beside a copy of a log that is followed may be that copy, compressed.
    else if (!rotation.isRotatedAway(source)) await this.#beside(source, rotated)
    // That may have shown it to be the copy of a log that was truncated.
    if (catalogue.byId(seen.id)) return
    const age = clock.now() - Number(seen.mtimeNs / 1_000_000n)
    source.leftOut = ignore_older !== undefined && age > ignore_older
    const isNews = !this.#isFirst || wasFollowed
    if (!isNews && read_from === 'end' && seen.size > 0 && !source.leftOut) {
      await this.#beginAtEnd(source, path, seen.size)
    }
    catalogue.add(source)
    catalogue.pending.add(source)
  }

  #make(path: string, real: string, seen: Seen): Source {
    const { catalogue, context, options } = this.#on
    const { clock } = context
    const source = catalogue.make(path, seen.id)
    // One string, not two, for each of ten thousand.
    if (real !== path) source.real = real
    source.observe(seen)
    const age = clock.now() - Number(seen.mtimeNs / 1_000_000n)
    source.changedAt = clock.monotonic() - Math.max(0, age)
    // Spread out, so that ten thousand files are not all looked at in the same instant.
    const wait = Math.min(options.idle_poll_interval, Math.max(0, age) / 4)
    source.nextLook = clock.monotonic() + context.random() * wait
    return source
  }

  /** What is rotated beside a new log is old, but for what was made since the last look: it is the log's own. */
  async #beside(source: Source, rotated: readonly Candidate[]): Promise<void> {
    const { generations } = this.#rotation
    if (this.#lookedAtMs === undefined) {
      const now = nanoseconds(this.#on.context.clock.now())
      const since = source.mtimeNs < now ? source.mtimeNs : now
      return generations.ignore(source.path, rotated, since)
    }
    const since = nanoseconds(this.#lookedAtMs - tickMs)
    const own = new Set<Candidate>()
    for (const candidate of rotated) {
      if (!isMadeAfter(candidate, since)) continue
      // A copy of the log itself says nothing new.
      if (!(await isBeginningOf(this.#on.files, candidate, source))) own.add(candidate)
    }
    const old = rotated.filter((candidate) => !own.has(candidate))
    generations.ignore(source.path, old, since)
    if (own.size > 0) await generations.follow(source)
  }

  /** At the end of the last whole line, so that one which is being written arrives whole. */
  async #beginAtEnd(source: Source, path: string, size: number): Promise<void> {
    const { catalogue, context, files } = this.#on
    const file = files.open(path)
    let offset = size
    try {
      const window = Buffer.alloc(Math.min(size, 65_536))
      const length = file.readNow(window, size - window.length)
      const last = window.subarray(0, length).lastIndexOf(10)
      if (last !== -1) offset = size - window.length + last + 1
    } finally {
      file.close()
    }
    await setOffset(files, source, path, offset)
    source.known = size
    source.fresh = false
    context.count('read_from_end', offset)
    catalogue.note(source)
  }
}

const nanoseconds = (ms: number) => BigInt(Math.floor(ms)) * 1_000_000n
