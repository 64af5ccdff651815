/**
 * The paths that Sentry's clients ask, by pattern: `/api/metrics`, `/api/status` and the like are others'. A path
 * has no doubled slashes here, and none at its end.
 */
const patterns = [
  // A DSN's project id, and what it would be if it were one: such a client is told what is wrong.
  /^\/api\/\d+\/./,
  /^\/api\/[^/]+\/(?:envelope|store|security|csp-report|minidump|nel|cron\/.+)$/,
  /^\/api\/0(?:\/|$)/,
  /^\/api\/store$/,
  /^\/api\/embed\/./,
  /^\/tunnel$/,
  /^\/stream$/,
  /^\/health$/,
  /^\/orgredirect\//,
  /^\/organizations\/weir\/issues\/\d+$/,
]

/**
 * The URL as the routes of the errors part have it; undefined when it is none of theirs.
 *
 * @param url path and query, as a client sent it: with slashes too many, or below the path of `http.base_url` that
 *   a proxy has left in place.
 * @param prefix that path: `/weir`, or empty.
 */
export function sentryUrl(url: string, prefix: string): string | undefined {
  const end = url.indexOf('?')
  const [path, query] = end < 0 ? [url, ''] : [url.slice(0, end), url.slice(end)]
  const plain = path.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
  const below = prefix !== '' && plain.startsWith(`${prefix}/`) ? plain.slice(prefix.length) : plain
  return patterns.some((pattern) => pattern.test(below)) ? below + query : undefined
}

/** The path of `http.base_url`, without a slash at its end. */
export const prefixOf = (baseUrl: string | undefined): string =>
  baseUrl === undefined ? '' : new URL(baseUrl).pathname.replace(/\/+$/, '')
