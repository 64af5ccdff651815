import { resolveUrl, withoutQuery } from './places.ts'

/** How a frame names its source. */
export interface SourceNames {
  readonly filename: string
  readonly abs_path: string
  readonly module: string
  /** Whether the app's author wrote it. */
  readonly isForeign: boolean
}

/**
 * @param source as the map has it: a path relative to the map, or a bundler's own url.
 * @param base what a relative source is relative to: where the script, else the map, is.
 */
export function namesOf(source: string, base: string): SourceNames {
  const named = source.startsWith('webpack:') ? ofWebpack(source) : source
  // A file of a virtual module of Rollup's begins with NUL, which no path has.
  const filename = named.replaceAll('\0', '')
  const abs_path = resolveUrl(source.replaceAll('\0', ''), withoutQuery(base)) ?? filename
  return { filename, abs_path, module: moduleOf(filename), isForeign: isForeign(source, filename) }
}

/** `webpack://name/./src/a.js?1f2e` to `./src/a.js`; `~` is webpack 1's name for node_modules. */
function ofWebpack(source: string): string {
  const bare = withoutQuery(source)
  const modules = bare.indexOf('/~/')
  if (modules >= 0) return bare.slice(modules + 1)
  return bare.replace(/^webpack:\/\/[^/]*\//, '')
}

function isForeign(source: string, filename: string): boolean {
  if (source.includes('\0')) return true
  return (
    /(?:^|\/)node_modules\/|^~\/|(?:^|\/)\.vite\/deps\//.test(filename) ||
    /^(?:external |webpack\/|\(webpack\)|\.\/\(webpack\)|vite\/|ignored\|)/.test(filename) ||
    /^webpack:\/\/[^/]*\/(?:webpack\/|external |\(webpack\))/.test(source)
  )
}

/** Path without scheme, host, dots before it and extension: `src/cart/total`. */
function moduleOf(filename: string): string {
  const path = withoutQuery(filename).replace(/^[a-z][\w+.-]*:\/\/[^/]*\//i, '')
  const clean = path.replace(/^(?:\.{0,2}\/)+/, '').replace(/(?<=[^/])\.[A-Za-z0-9]{1,5}$/, '')
  return clean === '' ? '<unknown>' : clean
}
