/** What the project has agreed on and no linter knows: which way imports go, names, companions. */
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { components } from '../collector/config.ts'
import { components as ofStatsd } from '../statsd/backends/config.ts'
import { codeOf, importsOf, projectFiles, textOf } from './source_files.ts'

const files = projectFiles()
const sources = files.filter((path) => path.endsWith('.ts'))
/** Programs for developers, which may use whatever they like. */
const isProduct = (path: string) => !/^(test|bench|tools)\/|\.config\.ts$/.test(path)
const product = sources.filter(isProduct)

/** Which areas (top folders; `.` is the root itself) may import which. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  store: ['core'],
  collector: ['core', 'store'],
  statsd: ['core', 'store'],
  errors: ['core', 'store'],
  dashboards: ['core', 'store', 'collector', 'statsd', 'errors'],
  commands: ['core', 'store', 'collector', 'statsd', 'errors', 'dashboards', 'config.ts'],
  'config.ts': ['core', 'store', 'collector', 'statsd', 'errors', 'dashboards'],
  'main.ts': [
    'core',
    'store',
    'collector',
    'statsd',
    'errors',
    'dashboards',
    'commands',
    'config.ts',
  ],
}
const areaOf = (path: string) => path.split('/')[0]!

test('imports go one way: core, store, the three features, dashboards, commands, main.ts', () => {
  const wrong = product.flatMap((path) => {
    const area = areaOf(path)
    const allowed = mayImport[area]
    if (!allowed) return [`${path}: "${area}" is no area; add it to the table above`]
    return importsOf(path)
      .filter((target) => areaOf(target) !== area && !allowed.includes(areaOf(target)))
      .map((target) => `${path} imports ${target}`)
  })
  expect(wrong).toEqual([])
})

test('no imports go in a circle', () => {
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path)
    if (at >= 0) circles.push([...trail.slice(at), path].join(' → '))
    if (at >= 0 || done.has(path) || !sources.includes(path)) return
    for (const target of importsOf(path)) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of sources) visit(path, [])
  expect(circles).toEqual([])
})

test('a file is named for what it holds', () => {
  const banned = /^(utils?|helpers?|common|misc|shared|stuff)(\.|$)/
  expect(files.filter((path) => path.split('/').some((name) => banned.test(name)))).toEqual([])
  const odd = sources.filter((path) => !/^[a-z0-9_.]+$|\.d\.ts$/.test(basename(path)))
  expect(odd, 'TypeScript files are named in snake_case').toEqual([])
})

/** What only some files and folders may use: the rest gets it passed in. */
const reserved = [
  { what: /\bprocess\.(env|exit|exitCode|argv)\b/, where: ['main.ts'] },
  { what: /\bDate\.now\(|\bnew Date\(\)/, where: ['core/clock.ts', 'commands/'] },
  { what: /\bMath\.random\(/, where: ['main.ts'] },
]
test('the environment, exit codes, time and chance come from outside', () => {
  const wrong = product.flatMap((path) =>
    reserved
      .filter(({ where }) => !where.some((place) => path.startsWith(place)))
      .filter(({ what }) => what.test(codeOf(path)))
      .map(({ what, where }) => `${path} has ${what.source}: only for ${where.join(', ')}`),
  )
  expect(wrong).toEqual([])
})

const plugins = [
  ...Object.entries(components).flatMap(([kind, { types }]) =>
    types.map((type) => ({
      type,
      folder: `collector/${kind}`,
      name: `${kind.slice(0, -1)}-${type}`,
    })),
  ),
  ...ofStatsd['backends']!.types.map((type) => {
    return { type, folder: 'statsd/backends', name: `statsd-${type}` }
  }),
]
const examples = files.filter((path) => path.startsWith('examples/'))

test('every plugin has a file, a test and an example of its own', () => {
  const missing = plugins.flatMap(({ folder, type, name }) => {
    const companions = {
      code: new RegExp(`^${folder}/${type}(\\.ts$|/)`),
      test: new RegExp(`^test/${folder}/${type}(\\.test\\.ts$|/)`),
      example: new RegExp(`^examples/${name}\\.yaml$`),
    }
    return Object.entries(companions)
      .filter(([, pattern]) => !files.some((path) => pattern.test(path)))
      .map(([what, pattern]) => `${name} has no ${what}: ${pattern.source}`)
  })
  expect(missing).toEqual([])
})

test('every example is that of a plugin, or a page names it', () => {
  const pages = files.filter((path) => path.endsWith('.md')).map((path) => textOf(path))
  const known = new Set(plugins.map(({ name }) => `${name}.yaml`))
  const lost = examples
    .map((path) => basename(path))
    .filter((name) => !known.has(name) && !pages.some((page) => page.includes(`examples/${name}`)))
  expect(lost).toEqual([])
})
