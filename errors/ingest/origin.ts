/**
 * Whether a key may be used from a page, as Sentry's "allowed domains" has it: `*`, `example.com`, `*.example.com`,
 * `https://*`, `https://app.example.com`, `localhost:3000`. What says nothing of where it comes from is no page.
 *
 * @param allowed the key's list; undefined allows all.
 * @param origin `Origin`, or else the `Referer`; empty when there is neither.
 */
export function allowsOrigin(allowed: readonly string[] | undefined, origin: string): boolean {
  if (!allowed || origin === '') return true
  if (allowed.includes('*')) return true
  if (!URL.canParse(origin)) return false
  const { protocol, host, hostname } = new URL(origin)
  return allowed.some((pattern) => {
    const [, scheme, rest] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/]*)/.exec(pattern.toLowerCase())!
    if (scheme !== undefined && `${scheme}:` !== protocol) return false
    if (rest === '*') return true
    if (rest!.startsWith('*.')) {
      const domain = rest!.slice(2)
      return [host, hostname].some((name) => name === domain || name.endsWith(`.${domain}`))
    }
    return rest === host || rest === hostname
  })
}
