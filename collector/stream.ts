const longest = 100

/**
 * The stream of a tag: `Nginx.access-log` is `logs-nginx.access_log-default`. A dataset has lower-case
 * letters, digits, `_` and `.`, and at most 100 bytes (the Elastic data stream naming scheme); every other
 * character becomes `_`.
 */
export function streamOf(tag: string, namespace: string): string {
  const dataset = tag
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.]/g, '_')
    .slice(0, longest)
  return `logs-${dataset || '_'}-${namespace}`
}
