import { beginsAsOthers, type Surroundings } from './evidence.ts'
import { continues, holdsAll, isGzip } from './matching.ts'
import type { Candidate } from './siblings.ts'
import type { Source } from './source.ts'

/**
 * The copy in which a file lives on that was read to its end and is gone: compressed (`compress` of logrotate), or
 * plain (its `renamecopy`, `cp` and `rm`, `mv` to another file system).
 * @param isTooOld whether a file was there before its log was followed.
 */
export async function remainsOf(
  on: Surroundings,
  source: Source,
  isTooOld: (candidate: Candidate) => boolean,
): Promise<Candidate | undefined> {
  if (source.gzip || source.progress.offset === 0) return undefined
  const isCommon = beginsAsOthers(on, source)
  const alike: Candidate[] = []
  for (const candidate of on.siblings.copies(source)) {
    const { path, seen } = candidate
    const owner = on.catalogue.byId(seen.id)
    if ((owner && !owner.fresh) || path === source.path) continue
    if (isGzip(path) && isTooOld(candidate)) continue
    const isOne = isGzip(path) ? isPacked : isPlain
    if (await isOne(on, candidate, source, isCommon)) alike.push(candidate)
  }
  // gzip keeps the time of modification; it decides when several begin the same.
  const distance = ({ seen }: Candidate) => Math.abs(Number(seen.mtimeNs - source.mtimeNs))
  return alike.toSorted((a, b) => distance(a) - distance(b))[0]
}

/** How long it is shows when it is inflated, which is spared where its beginning tells enough. */
async function isPacked(
  { files }: Surroundings,
  candidate: Candidate,
  source: Source,
  isCommon: boolean,
): Promise<boolean> {
  if (isCommon) return (await continues(files, candidate, source)) === 'rest'
  if (await holdsAll(files, candidate, source)) return true
  return (await continues(files, candidate, source)) === 'short'
}

/** What was written after the copy was made is in the file alone that is gone. */
async function isPlain(
  { files }: Surroundings,
  candidate: Candidate,
  source: Source,
  isCommon: boolean,
): Promise<boolean> {
  if (candidate.seen.size > source.progress.offset) return false
  const verdict = await continues(files, candidate, source)
  return verdict === 'rest' || (verdict === 'short' && !isCommon)
}
