import type { Position } from '../../../core/journal/batch.ts'
import { unchanged } from './fingerprint.ts'
import { familyOf, shardOf } from './names.ts'
import { idAt, type Surroundings } from './evidence.ts'
import { glob } from './globs.ts'
import type { Rotation } from './rotation.ts'
import type { Candidate } from './siblings.ts'
import { sourceFrom, type Source } from './source.ts'

/** How often a file is looked for whose name changes between look and opening. */
const looks = 8

/**
 * Finds the sources of earlier runs again: where they were, renamed, copied or compressed since. What
 * is not found is looked for as after a rotation; logs that were rotated meanwhile may have left
 * generations that nobody has seen.
 */
export async function restore(
  on: Surroundings,
  rotation: Rotation,
  positions: Iterable<[string, Position]>,
  worker: { readonly index: number; readonly count: number },
): Promise<void> {
  const { catalogue, context } = on
  const sources: Source[] = []
  const isOwn = (path: string) => shardOf(familyOf(path), worker.count) === worker.index
  const byId = new FollowedById(on, isOwn)
  for (const [key, position] of positions) {
    const source = sourceFrom(key, position, catalogue)
    if (!source) context.log.warn({ key, position }, 'a position that this version cannot read')
    else if (isOwn(source.path)) {
      sources.push(source)
      const since = position['unsure_since']
      if (since !== undefined) catalogue.doubt(source.path, BigInt(String(since)))
    }
  }
  // One that nothing was read of fits any content, so it comes last.
  sources.sort((a, b) => b.progress.offset - a.progress.offset)
  // What was there at the last look is not news; what changed later may be.
  const lastLooks = new Map<string, bigint>()
  for (const { path, mtimeNs } of sources) {
    catalogue.remember(path)
    if (mtimeNs >= (lastLooks.get(path) ?? 0n)) lastLooks.set(path, mtimeNs)
  }
  // Nor is what was in doubt when the last run ended.
  for (const [path, since] of catalogue.unsure) {
    if (since < lastLooks.get(path)!) lastLooks.set(path, since)
  }
  const rotated = new Map<string, readonly Candidate[]>()
  for (const [path, source] of new Map(sources.map((each) => [each.path, each]))) {
    rotated.set(path, rotation.generations.rotated(source))
  }
  const unplaced = sources.filter((source) => !place(on, source, byId))
  const missedPaths = new Set(catalogue.unsure.keys())
  for (const source of unplaced) {
    await search(on, rotation, source)
    // Nothing was read of it, though it may have got a line by then: it can only be found as news.
    const { path, mtimeNs, progress } = source
    if (progress.offset > 0) continue
    missedPaths.add(path)
    if (mtimeNs < lastLooks.get(path)!) lastLooks.set(path, mtimeNs)
  }
  for (const [path, lastLook] of lastLooks) {
    const live = catalogue.live(path)
    const any = live ?? sources.find((source) => source.path === path)!
    const intact = live !== undefined && !(await rotation.forked(live, lastLook, true))
    if (!intact || missedPaths.has(path)) await rotation.generations.follow(any, lastLook)
    else rotation.generations.ignore(path, rotated.get(path)!, lastLook)
  }
}

/**
 * Where the files are that the patterns fit, for those whose names nothing is known of. Of this worker alone: a
 * position goes to the worker of its path (collector/ownership.ts), and a file to that of its name.
 */
class FollowedById {
  readonly #on: Surroundings
  readonly #isOwn: (path: string) => boolean
  #paths: Map<string, string> | undefined

  constructor(surroundings: Surroundings, isOwn: (path: string) => boolean) {
    this.#on = surroundings
    this.#isOwn = isOwn
  }

  path(id: string): string | undefined {
    this.#paths ??= this.#look()
    return this.#paths.get(id)
  }

  #look(): Map<string, string> {
    const { isFollowed, options, siblings } = this.#on
    const files = siblings.fitting(options.paths.map(glob), isFollowed)
    const own = files.filter(({ path }) => this.#isOwn(path))
    return new Map(own.map(({ path, seen }) => [seen.id, path]))
  }
}

/** Puts a source where its file is; false when it is nowhere or has other content now. */
function place(on: Surroundings, source: Source, byId: FollowedById): boolean {
  const { catalogue, context } = on
  source.placeSince = context.clock.monotonic()
  source.changedAt = source.placeSince
  const at = source.place === 'cut' ? undefined : find(on, source, byId)
  if (at === undefined) return false
  source.place = at === source.path ? 'live' : 'away'
  source.at = at
  catalogue.add(source)
  if (!source.finished || !source.gzip) catalogue.pending.add(source)
  return true
}

function find(on: Surroundings, source: Source, byId: FollowedById): string | undefined {
  if (on.catalogue.byId(source.id)) return undefined
  const places = [source.at, source.path].filter((path) => path !== undefined)
  const near = () => on.siblings.near(source).find(({ seen: { id } }) => id === source.id)?.path
  for (let look = 0; look < looks; look++) {
    const there =
      places.find((path) => idAt(on, path) === source.id) ?? near() ?? byId.path(source.id)
    if (there === undefined) return undefined
    const same = isSame(on, source, there)
    if (same !== undefined) return same ? there : undefined
  }
  return undefined
}

/**
 * Whether the content is what was read. A file that cannot be opened now is checked when it can. Not
 * known when another file has got the name meanwhile.
 */
function isSame({ files }: Surroundings, source: Source, path: string): boolean | undefined {
  let file
  try {
    if (source.gzip) {
      const seen = files.stat(path)
      const { finished, mtimeNs } = source
      if (seen) source.observe(seen)
      source.finished = finished && seen?.mtimeNs === mtimeNs
      return true
    }
    file = files.open(path)
    const { head, mark, offset } = source.progress
    const now = file.stat()
    if (now.id !== source.id) return undefined
    if (now.size < offset || !unchanged(file, head, mark, offset)) return false
    source.observe(now)
    source.known = now.size
    return true
  } catch {
    return true
  } finally {
    file?.close()
  }
}

async function search(on: Surroundings, rotation: Rotation, source: Source): Promise<void> {
  const { catalogue } = on
  if (source.progress.offset === 0) {
    catalogue.dropNote(source.key)
    return
  }
  const gone = idAt(on, source.path) === undefined
  source.at = undefined
  source.place = 'cut'
  catalogue.add(source)
  await rotation.settle(source)
  if (source.place === 'cut' && gone) {
    catalogue.move(source, { place: 'missing', at: undefined, id: source.id })
  }
}
