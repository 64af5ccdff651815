import type { InputContext } from '../../input.ts'
import type { Catalogue } from './catalogue.ts'
import type { TailFiles } from './files.ts'
import { headBytes, unchanged } from './fingerprint.ts'
import { continues, holdsAll, isBeginningOf, isGzip } from './matching.ts'
import type { TailOptions } from './options.ts'
import type { Candidate, Siblings } from './siblings.ts'
import type { Source } from './source.ts'

/** What rotation needs of the input that it is a part of. */
export interface Surroundings {
  readonly context: InputContext
  readonly options: TailOptions
  readonly files: TailFiles
  readonly catalogue: Catalogue
  readonly siblings: Siblings
  /** Whether a path is one that the input follows for itself. */
  readonly isFollowed: (path: string) => boolean
  /** There is a path to follow that is not followed yet. */
  readonly discoverSoon: () => void
}

/** What speaks for a file being this source's, that one's, or nobody's. */
export class Evidence {
  readonly #on: Surroundings
  /** Sources being looked for right now. */
  readonly moving = new Set<Source>()

  constructor(surroundings: Surroundings) {
    this.#on = surroundings
  }

  /** Whether the file a source reads still has the content it read; one that cannot be read is believed. */
  stillIs(source: Source): boolean {
    if (source.gzip || source.place === 'cut' || source.place === 'missing') return true
    const { head, mark, offset } = source.progress
    if (offset === 0) return true
    let opened
    try {
      if (!source.file && source.at !== undefined) opened = this.#on.files.open(source.at)
      const file = source.file ?? opened
      return !file || file.stat().id !== source.id || unchanged(file, head, mark, offset)
    } catch {
      return true
    } finally {
      opened?.close()
    }
  }

  /**
   * Whether what a file holds was or will be read elsewhere: it is a copy of a generation at hand. Not
   * known when a file got another name meanwhile, as all of them do while logrotate is at work.
   */
  async isKnown(candidate: Candidate, source: Source): Promise<boolean | undefined> {
    const { catalogue, files } = this.#on
    for (const other of catalogue.family(source.path)) {
      if (other.id === candidate.seen.id) continue
      const isCopy = await isBeginningOf(files, candidate, other)
      const moved = !other.file && other.at !== undefined && this.idAt(other.at) !== other.id
      if (moved && !this.moving.has(other)) return undefined
      if (isCopy) return this.idAt(candidate.path) === candidate.seen.id ? true : undefined
      // Truncated since it was copied: what it is compared with now is not what it was.
      if (!this.stillIs(other)) return undefined
    }
    return this.idAt(candidate.path) === candidate.seen.id ? false : undefined
  }

  /** What is at a path now; undefined when nothing is, or it cannot be looked at. */
  idAt(path: string): string | undefined {
    return idAt(this.#on, path)
  }

  /** Whether another source that was cut away may go on in this file; it looks for itself. */
  async isAwaited(candidate: Candidate, source: Source): Promise<boolean> {
    const { catalogue, files } = this.#on
    for (const other of catalogue.family(source.path)) {
      const gone = other.place === 'missing' && !this.isLate(other)
      if (gone && !isStrong(other)) {
        if (isGzip(candidate.path) && (await holdsAll(files, candidate, other))) return true
      } else if (gone || other.place === 'cut' || this.isUnderWay(other)) {
        if ((await continues(files, candidate, other)) !== 'no') return true
      }
    }
    return false
  }

  /** Whether another source that is being looked for, and of which more is known, goes on in this file. */
  async isSought(candidate: Candidate, source: Source): Promise<boolean> {
    for (const other of this.#on.catalogue.family(source.path)) {
      const lost = other.place === 'cut' || (other.place === 'missing' && !this.isLate(other))
      if (!lost && !this.isUnderWay(other)) continue
      if (other.progress.offset <= source.progress.offset) continue
      if ((await continues(this.#on.files, candidate, other)) === 'rest') return true
    }
    return false
  }

  /** Whether a source is being looked for and not found yet. */
  isUnderWay(source: Source): boolean {
    if (!this.moving.has(source)) return false
    return source.at === undefined || this.idAt(source.at) !== source.id
  }

  /** Whether rotate_wait has passed since the source got to its place. */
  isLate(source: Source): boolean {
    const { context, options } = this.#on
    return context.clock.monotonic() - source.placeSince >= options.rotate_wait
  }
}

/** What is at a path now; undefined when nothing is, or it cannot be looked at. */
export function idAt({ files }: Pick<Surroundings, 'files'>, path: string): string | undefined {
  try {
    return files.stat(path)?.id
  } catch {
    return undefined
  }
}

/** Whether a file last changed before `after`; compressing may have cut its time to a whole second. */
export function isOlder({ path, seen }: Candidate, after: bigint | undefined): boolean {
  return after !== undefined && seen.mtimeNs < after - (isGzip(path) ? 1_000_000_000n : 0n)
}

/** Whether a file was made at `after` or later, in nanoseconds, and so was what it holds. */
export function isMadeAfter(candidate: Candidate, after: bigint): boolean {
  return candidate.seen.bornNs >= after && !isOlder(candidate, after)
}

export function isOwnPlace({ path, seen }: Candidate, source: Source): boolean {
  return path === source.path || seen.id === source.id
}

/** Whether what is known of a source's content tells it from a log that begins the same. */
export function isStrong(source: Source): boolean {
  return source.progress.offset >= headBytes
}

/** Whether what is known of a source's content also tells it from the other generations of its log. */
export function isTelling(on: Pick<Surroundings, 'catalogue'>, source: Source): boolean {
  return isStrong(source) && !beginsAsOthers(on, source)
}

/** Whether another generation of the log has the same head, for each begins with a banner of that length. */
export function beginsAsOthers(
  { catalogue }: Pick<Surroundings, 'catalogue'>,
  source: Source,
): boolean {
  const { head } = source.progress
  if (head.bytes < headBytes) return false
  return catalogue
    .family(source.path)
    .some((other) => other !== source && other.progress.head.hash === head.hash)
}
