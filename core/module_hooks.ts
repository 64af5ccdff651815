import { registerHooks } from 'node:module'

/**
 * How modules are found and loaded, which is most of what a start does. Imported before all else by main.ts, and
 * in every thread.
 */
const root = new URL('..', import.meta.url).href
const packages = `${root}node_modules/`
const zod = `${packages}zod/`
/** Zod brings its messages in 50 languages, a file each, and loads them all; Weir words its own (explain.ts). */
const language = /\/zod\/v4\/locales\/(?!en\.js$|index\.js$)[\w-]+\.js$/

registerHooks({
  // What is imported as `./…` is where it says. Node would look it up on the disk and follow links, a fifth of a
  // millisecond for each of some 500 files.
  resolve(specifier, context, next) {
    const { parentURL: from } = context
    const format = specifier.startsWith('.') && from !== undefined && formatOf(specifier, from)
    if (!format) return next(specifier, context)
    return { url: new URL(specifier, from).href, format, shortCircuit: true }
  },
  load(url, context, next) {
    if (!language.test(url)) return next(url, context)
    return { format: 'module', source: 'export default undefined', shortCircuit: true }
  },
})

function formatOf(specifier: string, from: string): string | undefined {
  if (specifier.endsWith('.ts')) {
    const isOwn = from.startsWith(root) && !from.startsWith(packages)
    return isOwn ? 'module-typescript' : undefined
  }
  return specifier.endsWith('.js') && from.startsWith(zod) ? 'module' : undefined
}
