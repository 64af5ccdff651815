import { registerHooks, type ResolveFnOutput } from 'node:module'

/**
 * How modules are found and loaded, which is most of what a start does. Imported before all else by main.ts, and
 * in every thread.
 */
const root = new URL('..', import.meta.url).href
const packages = `${root}node_modules/`
const zod = `${packages}zod/`
/** Zod brings its messages in 50 languages, a file each, and loads them all; Weir words its own (explain.ts). */
const language = /\/zod\/v4\/locales\/(?!en\.js$|index\.js$)[\w-]+\.js$/
/** What own files import by name: looked up on the disk once, and not for each of them. */
const found = new Map<string, ResolveFnOutput>()

registerHooks({
  // What is imported as `./…` is where it says. Node would look it up on the disk and follow links, a fifth of a
  // millisecond for each of some 500 files.
  resolve(specifier, context, next) {
    const { parentURL: from = '', conditions } = context
    if (specifier.startsWith('.')) {
      const format = formatOf(specifier, from)
      if (!format) return next(specifier, context)
      return { url: new URL(specifier, from).href, format, shortCircuit: true }
    }
    if (!isOwn(from) || !conditions.includes('import')) return next(specifier, context)
    if (specifier.startsWith('node:')) {
      return { url: specifier, format: 'builtin', shortCircuit: true }
    }
    const known = found.get(specifier)
    if (known) return known
    const answer = { ...next(specifier, context), shortCircuit: true }
    found.set(specifier, answer)
    return answer
  },
  load(url, context, next) {
    if (!language.test(url)) return next(url, context)
    return { format: 'module', source: 'export default undefined', shortCircuit: true }
  },
})

function formatOf(specifier: string, from: string): string | undefined {
  if (specifier.endsWith('.ts')) return isOwn(from) ? 'module-typescript' : undefined
  return specifier.endsWith('.js') && from.startsWith(zod) ? 'module' : undefined
}

function isOwn(url: string): boolean {
  return url.startsWith(root) && !url.startsWith(packages)
}
