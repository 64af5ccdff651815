import { basename, dirname, join } from 'node:path'

/** What rotation appends to a name: `.1`, `-20261121`, `.2026-11-21T10:00:00Z.2`, `.old`, then `.gz`. */
const suffix = /^(?:(?:[-._]\d[\dTZ:+._-]*|\.(?:old|bak|prev|orig|save))+(?:\.gz)?|\.gz)$/
/** A date amid a name, as in `app-20261121.log`. */
const amid = /[-._]?\d{4}[-._]?\d\d[\dTZ:+._-]*/

/** Whether `name` is what rotation may call the file `live` later; base names, in the same folder. */
export function isRotatedName(live: string, name: string): boolean {
  if (name.startsWith(live)) return suffix.test(name.slice(live.length))
  const dot = live.lastIndexOf('.')
  if (dot < 1 || !name.startsWith(live.slice(0, dot))) return false
  const plain = name.endsWith('.gz') ? name.slice(0, -3) : name
  const extension = live.slice(dot)
  if (!plain.endsWith(extension)) return false
  const middle = plain.slice(dot, plain.length - extension.length)
  return amid.exec(middle)?.[0] === middle && middle !== ''
}

/**
 * The name that a log has through all its rotations, as a path: `/l/app.log` for `/l/app.log.2.gz` and
 * `/l/app-20261121.log`. It decides which worker a file belongs to, so that the rotated copies of a
 * file meet its position.
 */
export function familyOf(path: string): string {
  const name = basename(path)
  const folder = dirname(path)
  let stem = name.endsWith('.gz') ? name.slice(0, -3) : name
  for (let at = 1; at < stem.length; at++) {
    if (suffix.test(stem.slice(at))) {
      stem = stem.slice(0, at)
      break
    }
  }
  const dot = stem.lastIndexOf('.')
  if (dot > 0)
    stem = stem.slice(0, dot).replace(new RegExp(`${amid.source}$`), '') + stem.slice(dot)
  const family = join(folder, stem === '' ? name : stem)
  // One string, not two that are equal.
  return family === path ? path : family
}

/** `*` in a tag becomes the path with dots: `file.*` and `/var/log/a.log` give `file.var.log.a.log`. */
export function tagFor(tag: string, path: string): string {
  if (!tag.includes('*')) return tag
  return tag.replaceAll('*', path.toWellFormed().replace(/^\/+/, '').replaceAll('/', '.'))
}

/** FNV-1a, 32 bit: which of `count` workers a name belongs to. */
export function shardOf(name: string, count: number): number {
  if (count < 2) return 0
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % count
}
