import { basename } from 'node:path'
import { beginsAsOthers, isTelling, type Surroundings } from './evidence.ts'
import { continues, holdsAll, isGzip } from './matching.ts'
import { isRotatedName } from './names.ts'
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
  const isKnownWell = isTelling(on, source)
  const whole: Candidate[] = []
  const shorter: Candidate[] = []
  for (const candidate of on.siblings.near(source)) {
    const { path, seen } = candidate
    const owner = on.catalogue.byId(seen.id)
    if ((owner && !owner.fresh) || path === source.path) continue
    if (!isKnownWell && !on.siblings.isNamedAfter(source, path)) continue
    if (isGzip(path) ? isTooOld(candidate) : !isRotated(path, source)) continue
    if (await (isGzip(path) ? isPacked : isPlain)(on, candidate, source)) whole.push(candidate)
    else if (await isCutOff(on, candidate, source)) shorter.push(candidate)
  }
  // gzip keeps the time of modification; it decides when several begin the same.
  const distance = ({ seen }: Candidate) => Math.abs(Number(seen.mtimeNs - source.mtimeNs))
  // An older generation may be the beginning of this one, so what holds it all is preferred.
  const alike = whole.length > 0 ? whole : shorter
  return alike.toSorted((a, b) => distance(a) - distance(b))[0]
}

type IsOne = (on: Surroundings, candidate: Candidate, source: Source) => Promise<boolean>

/** How long it is shows when it is inflated, which is spared where its beginning tells enough. */
const isPacked: IsOne = async (on, candidate, source) =>
  beginsAsOthers(on, source)
    ? (await continues(on.files, candidate, source)) === 'rest'
    : holdsAll(on.files, candidate, source)

/** By its whole length the same. */
const isPlain: IsOne = async (on, candidate, source) =>
  candidate.seen.size === source.progress.offset &&
  (await continues(on.files, candidate, source)) === 'rest'

/** What was written after the copy was made is in the file alone that is gone. */
const isCutOff: IsOne = async (on, candidate, source) =>
  isRotated(candidate.path, source) &&
  !beginsAsOthers(on, source) &&
  (await continues(on.files, candidate, source)) === 'short'

/** A log of a name of its own that begins the same, as the next day's, is no copy. */
const isRotated = (path: string, source: Source) =>
  [source.path, source.real].some((own) => isRotatedName(basename(own), basename(path)))
