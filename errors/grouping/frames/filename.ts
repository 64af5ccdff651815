import { component, muted, nothing, type Component } from '../component.ts'

const url = /^(?:https?|blob|applewebdata):/i
const unnamed = new Set(['<anonymous>', '[native code]', 'native code', 'eval code'])

/** Whether a path says where something was fetched from, not what it is. */
export function isUrl(path: string | undefined): boolean {
  return path !== undefined && url.test(path)
}

const suffix = String.raw`(?=(?:\.(?:chunk|bundle|min|module|client|server|legacy|entry))*\.\w{1,10}$)`
/**
 * What builds put in a name so that a changed file has another one: `main.3f9ac21b.js`, `index-BkR4x_2e.js`,
 * `4821.9c0d1e2f3a4b5c6d.chunk.js`. A word, and one with a number behind it, is no hash; base64 has a dash only
 * within Rollup's eight characters.
 */
const contentHash = new RegExp(
  String.raw`[.-](?:(?=\w*\d)(?![a-zA-Z]+\d{1,2}\b)\w{6,64}|(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{8})${suffix}`,
)
/** A name that is nothing else, as Next.js has them. */
const onlyHash = new RegExp(String.raw`^(?=[a-f]*\d)[0-9a-f]{8,64}${suffix}`)

/** The name without hashes of its content. */
export function withoutContentHash(name: string): string {
  if (name.length > 256) return name
  return name.replace(contentHash, '').replace(onlyHash, '<hash>')
}

/** `/srv/app/Models/User.php`, `C:\app\user.py` → `user.php`. */
function baseName(path: string): string {
  const end = path.search(/[?#]/)
  const plain = end > 0 ? path.slice(0, end) : path
  const name = plain.slice(Math.max(plain.lastIndexOf('/'), plain.lastIndexOf('\\')) + 1)
  return (name === '' ? plain : name).toLowerCase()
}

/** The file's name without its folders, which differ from host to host. */
export function filenameComponent(
  filename: string,
  absPath: string,
  family: string,
  mapped: boolean,
): Component {
  if (filename === '' && absPath === '') return nothing('filename')
  const path = filename === '' ? absPath : filename
  const given = component('filename', [path])
  if (isUrl(absPath) || isUrl(path)) return muted(given, 'ignored because frame points to a URL')
  if (unnamed.has(path)) return muted(given, 'anonymous filename discarded')
  const name = baseName(path)
  // Of upper and lower case, which a base64 hash has both.
  const stripped = family === 'javascript' && !mapped ? baseName(withoutContentHash(path)) : name
  if (stripped !== name) return component('filename', [stripped], 'removed content hash')
  return component('filename', [name])
}
