import type { Frame, SentryEvent } from '../event/sentry_event.ts'

/** `8fa6d8d7-…` or 32 hex in any case to 32 lower-case hex; empty when the text is no debug id. */
export function debugIdOf(value: unknown): string {
  if (typeof value !== 'string' || value.length > 64) return ''
  const hex = value.replaceAll('-', '').toLowerCase()
  // Breakpad's form has an age behind it.
  return /^[0-9a-f]{32,40}$/.test(hex) ? hex.slice(0, 32) : ''
}

/** Debug ids by the script that has them, as the event's `debug_meta.images` say. */
export function imagesOf(event: SentryEvent): ReadonlyMap<string, string> {
  const images = new Map<string, string>()
  for (const { type, code_file, debug_id } of event.debug_meta?.images ?? []) {
    if (type !== 'sourcemap' || typeof code_file !== 'string') continue
    const id = debugIdOf(debug_id)
    if (id !== '') images.set(code_file, id)
  }
  return images
}

/** The script that a frame is in: where it was loaded from. */
export const scriptOf = (frame: Frame): string => frame.abs_path ?? frame.filename ?? ''

/** Whether the runtime itself has this code, which nobody could upload a map for. */
export const isRuntime = (script: string): boolean =>
  script === '' ||
  /^(?:<|\[native code\]$|native$|native code$|node:|internal\/|(?:chrome|moz|safari(?:-web)?)-extension:)/.test(
    script,
  )

/** Whether code was made at runtime, so that its positions are in no file. */
export const isMade = (script: string): boolean =>
  /^(?:blob:|data:|webpack-internal:|eval at )| > (?:eval|Function)|<anonymous>/.test(script)

/** A script's address without what caches need: query and fragment. */
export const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '')

/** Under which urls an upload may have a script: whole, and with `~` for scheme and host. */
export function urlsOf(script: string): readonly string[] {
  const bare = withoutQuery(script)
  const urls = [script, bare]
  const path = pathOf(bare)
  if (path !== undefined) {
    if (bare !== script) urls.push(`~${path}${script.slice(bare.length)}`.replace(/#.*$/s, ''))
    urls.push(`~${path}`, `~${decoded(path)}`)
  }
  return [...new Set(urls)]
}

/** Browsers escape what the uploader saw in a folder: `[id].js`. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function pathOf(url: string): string | undefined {
  const withHost = /^[a-z][\w+.-]*:\/\/[^/]*(\/.*)$/is.exec(url)
  if (withHost) return withHost[1]
  const drive = /^[a-z]:[\\/](.*)$/is.exec(url)
  if (drive) return `/${drive[1]!.replaceAll('\\', '/')}`
  if (url.startsWith('/')) return url
  return /^[a-z][\w+.-]*:/i.test(url) ? undefined : `/${url.replace(/^\.\//, '')}`
}

/**
 * Where a reference in a file leads: `app.js.map` beside `~/static/app.js` is `~/static/app.js.map`.
 * Undefined for what is no address.
 */
export function resolveUrl(reference: string, base: string): string | undefined {
  if (/^[a-z][\w+.-]*:/i.test(reference)) return reference
  const hasTilde = base.startsWith('~')
  const root = hasTilde ? `weir://x${base.slice(1)}` : base
  if (reference.startsWith('~')) return reference
  const whole = /^[a-z][\w+.-]*:\/\//i.test(root) ? root : `weir://x/${root.replace(/^\//, '')}`
  if (!URL.canParse(reference, whole)) return undefined
  const { href } = new URL(reference, whole)
  const path = href.slice('weir://x'.length)
  if (!href.startsWith('weir://x/')) return href
  if (hasTilde) return `~${path}`
  return base.startsWith('/') ? path : path.slice(1)
}
