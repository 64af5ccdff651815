import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')
const ignored = new Set(['node_modules', '.git', '.cache', 'coverage', 'data'])

/** Every file of the project, its path from the root, sorted. */
export function projectFiles(folder = ''): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries
    .filter(({ name }) => !ignored.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? projectFiles(path) : [path]
    })
    .toSorted()
}

export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The text of a TypeScript file without its comments, which may name what the code must not use. */
export function codeOf(path: string): string {
  return textOf(path).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}

/** Paths, from the root, of the project's files that a TypeScript file imports. */
export function importsOf(path: string): string[] {
  const statements = codeOf(path).matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.{1,2}\/[^']+)'/g)
  return Array.from(statements, ([, target]) => join(path, '..', target!))
}
