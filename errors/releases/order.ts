import { parse } from 'semver'

/** The order of releases of one package. */
export interface VersionOrder {
  /** `shop` of `shop@1.2.3`; empty without one. */
  readonly package: string
  /** Sorts as text (ASCII) as semver.org §11 orders versions; null for what is no semantic version. */
  readonly sort: string | null
}

/** A version of fewer or more than three numbers is taken too, as Sentry takes it: `1.2`, `1.2.3.4`. */
const numbers = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?$/

/** How a release's version is ordered. `release` is as SDKs name it: `package@version`, or a version alone. */
export function orderOf(release: string): VersionOrder {
  const at = release.lastIndexOf('@')
  const name = at > 0 ? release.slice(0, at) : ''
  const version = at > 0 ? release.slice(at + 1) : release
  const plain = numbers.exec(version)
  // A number alone is a build or a date; ordered as a version it would be wrong as often as right, yet never
  // among versions of the same package.
  if (plain?.[2] !== undefined) {
    const [major = '0', minor = '0', patch = '0', fourth = '0'] = plain.slice(1)
    return { package: name, sort: sortOf([major, minor, patch, fourth], []) }
  }
  const parsed = parse(version)
  if (!parsed) return { package: name, sort: null }
  const { major, minor, patch, prerelease } = parsed
  return {
    package: name,
    sort: sortOf([String(major), String(minor), String(patch), '0'], prerelease),
  }
}

function sortOf(parts: readonly string[], prerelease: readonly (string | number)[]): string {
  const head = parts.map((part) => part.padStart(16, '0')).join('.')
  // A version is behind its pre-releases; of these, numbers come before words, and less before more.
  if (prerelease.length === 0) return `${head}~`
  const tail = prerelease.map((part) =>
    typeof part === 'number' ? `0${String(part).padStart(16, '0')}` : `1${part}`,
  )
  return `${head} ${tail.join(' ')}`
}

/** A release as far as its place among others goes. */
export interface OrderedRelease extends VersionOrder {
  /** When it was released, as the uploader says, or else heard of first; ms since the epoch. */
  readonly dateMs: number
  readonly id: number
}

/** Negative when `a` is before `b`: by version within one package, whether they are known or not, by date otherwise. */
export function compareReleases(a: OrderedRelease, b: OrderedRelease): number {
  if (a.package === b.package && a.sort !== null && b.sort !== null && a.sort !== b.sort) {
    return a.sort < b.sort ? -1 : 1
  }
  return a.dateMs - b.dateMs || a.id - b.id
}
