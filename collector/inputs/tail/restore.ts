import type { Position } from '../../../core/journal/batch.ts'
import { unchanged } from './fingerprint.ts'
import { familyOf, shardOf } from './names.ts'
import type { Rotation, Surroundings } from './rotation.ts'
import { sourceFrom, type Source } from './source.ts'

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
  const { catalogue, files, siblings, context } = on
  const sources: Source[] = []
  for (const [key, position] of positions) {
    const source = sourceFrom(key, position, catalogue.open)
    if (!source) context.log.warn({ key, position }, 'a position that this version cannot read')
    else if (shardOf(familyOf(source.path), worker.count) === worker.index) sources.push(source)
  }
  // One that nothing was read of fits any content, so it comes last.
  sources.sort((a, b) => b.progress.offset - a.progress.offset)
  // What was there at the last look is not news; what changed later may be.
  const lastLooks = new Map(sources.map((source) => [source, source.mtimeNs]))
  const unplaced: Source[] = []
  for (const source of sources) {
    source.placeSince = context.clock.monotonic()
    source.changedAt = source.placeSince
    const at = source.place === 'cut' ? undefined : find(source)
    if (at === undefined) unplaced.push(source)
    else {
      source.place = at === source.path ? 'live' : 'away'
      source.at = at
      catalogue.add(source)
      if (!source.finished || !source.gzip) catalogue.pending.add(source)
    }
  }
  for (const source of unplaced) await search(source)
  const seen = new Set<string>()
  for (const source of sources) {
    if (seen.has(source.path)) continue
    seen.add(source.path)
    const own = sources.filter(({ path }) => path === source.path)
    const looks = own.map((source) => lastLooks.get(source) ?? 0n)
    const newest = looks.reduce((a, b) => (a > b ? a : b), 0n)
    const live = own.find(({ place }) => place === 'live')
    const intact = live !== undefined && !(await rotation.forked(live, newest))
    if (!intact) await rotation.generations(source, newest)
    rotation.ignoreRotated(source)
  }

  function find(source: Source): string | undefined {
    if (catalogue.byId(source.id)) return undefined
    const places = [source.at, source.path].filter((path) => path !== undefined)
    const near = () => siblings.near(source).find(({ seen: { id } }) => id === source.id)?.path
    const there = places.find((path) => idOf(path) === source.id) ?? near()
    return there !== undefined && isSame(source, there) ? there : undefined
  }

  function idOf(path: string): string | undefined {
    try {
      return files.stat(path)?.id
    } catch {
      return undefined
    }
  }

  /** A file that cannot be opened now is believed; it is checked when it can. */
  function isSame(source: Source, path: string): boolean {
    if (source.gzip) {
      const seen = files.stat(path)
      const { finished, mtimeNs } = source
      if (seen) source.observe(seen)
      source.finished = finished && seen?.mtimeNs === mtimeNs
      return true
    }
    let file
    try {
      file = files.open(path)
      const { head, mark, offset } = source.progress
      const now = file.stat()
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

  async function search(source: Source): Promise<void> {
    if (source.progress.offset === 0) {
      catalogue.dropNote(source.key)
      return
    }
    const gone = idOf(source.path) === undefined
    source.at = undefined
    source.place = 'cut'
    catalogue.add(source)
    await rotation.settle(source)
    if (source.place === 'cut' && gone) {
      catalogue.move(source, { place: 'missing', at: undefined, id: source.id })
    }
  }
}
