import { idAt, type Surroundings } from './evidence.ts'
import type { Seen } from './files.ts'
import { continues } from './matching.ts'
import type { Rotation } from './rotation.ts'
import type { Candidate } from './siblings.ts'
import type { Source } from './source.ts'

/** The name of a log: its path, and what that leads to. */
type Name = Pick<Source, 'path' | 'real'>

/**
 * Known files that are found by another name which the patterns fit: renamed, or their folder was, or of
 * two names that a file had the one it was followed by is gone. Rotated names are the business of Rotation.
 */
export class Renaming {
  readonly #on: Surroundings
  readonly #rotation: Rotation

  constructor(surroundings: Surroundings, rotation: Rotation) {
    this.#on = surroundings
    this.#rotation = rotation
  }

  /**
   * What is known of a file at a path that nothing is followed at.
   * @returns the source that is to be followed by this path from now on; or that the file is followed as
   *   it is; undefined when it is news.
   */
  async known(file: Candidate): Promise<Source | 'followed' | undefined> {
    const { catalogue, siblings } = this.#on
    const { path, seen } = file
    const source = catalogue.known(seen.id)
    if (!source) return undefined
    const otherwise = source.place === 'missing' ? undefined : 'followed'
    if (source.path === path && source.place === 'away') {
      // Moved back.
      catalogue.move(source, { place: 'live', at: path, id: seen.id })
      return 'followed'
    }
    if (siblings.isNear(source, path)) return otherwise
    return (await this.#isNow(source, file)) ? source : otherwise
  }

  /** @returns the source, live at the new path. */
  async rename(source: Source, { seen, ...name }: Name & { readonly seen: Seen }): Promise<Source> {
    const { catalogue, context } = this.#on
    const at = name.path
    source.observe(seen)
    source.ended = false
    const wasLive = source.place === 'live'
    catalogue.move(source, { place: 'away', at, id: source.id })
    if (wasLive) {
      context.metrics.rotations.inc({ component: context.id, kind: 'rename' })
      // The old name may have had generations since that nobody has seen, and has perhaps another file.
      await this.#rotation.generations.follow(source)
      this.#on.discoverSoon()
    }
    this.#take(source, { ...name, at })
    return source
  }

  /** The rotated files of a log went with it, when its folder was renamed: also those are known. */
  async takeAlong(name: Name, rotated: readonly Candidate[]): Promise<void> {
    for (const file of rotated) {
      const source = this.#on.catalogue.known(file.seen.id)
      if (!source || this.#on.siblings.isNear(source, file.path)) continue
      if (!(await this.#isNow(source, file))) continue
      source.observe(file.seen)
      source.ended = false
      this.#take(source, { ...name, at: file.path })
    }
  }

  #take(source: Source, to: Name & { readonly at: string }): void {
    const { catalogue, context } = this.#on
    catalogue.rename(source, to)
    source.placeSince = context.clock.monotonic()
    if (!source.finished) catalogue.pending.add(source)
    if (source.noted) catalogue.note(source)
  }

  /** Whether a source has no name left but this one; an inode that is used again does not make it one. */
  async #isNow(source: Source, file: Candidate): Promise<boolean> {
    const { at, place, progress } = source
    const isLost = place === 'missing' || at === undefined || at === file.path
    if (!isLost && idAt(this.#on, at) === source.id) return false
    if (source.file !== undefined || progress.offset === 0) return true
    return (await continues(this.#on.files, file, source)) === 'rest'
  }
}
