/** The pages and the code say the same, both ways. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../commands/exit_codes.ts'
import { errorCodes } from '../core/errors.ts'
import { definitions } from '../core/metrics.ts'
import { reasons } from '../core/reasons.ts'
import { configDocs } from '../tools/config_docs.ts'
import { projectFiles, root, textOf } from './source_files.ts'

/** Rows of the table under a heading: the cells' texts, code marks taken off. */
function rowsUnder(page: string, heading: string): string[][] {
  const [, section = ''] = page.split(new RegExp(`^## ${heading}$`, 'm'))
  const [own = ''] = section.split(/^#+ /m)
  return own
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}
const sorted = (texts: Iterable<string>) => [...texts].toSorted()

test('docs/ERRORS.md has a row for each error code, and no others', () => {
  const rows = rowsUnder(textOf('docs/ERRORS.md'), 'Codes')
  expect(sorted(rows.map(([code]) => code!))).toEqual(sorted(Object.keys(errorCodes)))
  for (const [code, meaning, advice] of rows) {
    expect(meaning, code).toBe(errorCodes[code as keyof typeof errorCodes])
    expect(advice, `what to do about ${code}`).toMatch(/\w{3}/)
  }
})

test('docs/HTTP.md has a row for each error code of the port, and no others', () => {
  const code = /(?:Refusal\(\s*\w+,|forbidden\(|errorBody\(|code:)\s*'(?!custom')([a-z_]+)'/g
  const inCore = projectFiles('core/http').filter((path) => path.endsWith('.ts'))
  const sources = [...inCore, 'store/tail_route.ts', 'store/metrics_api/routes.ts']
  const own = sources.flatMap((path) =>
    Array.from(textOf(path).matchAll(code), ([, found]) => found!),
  )
  const ofErrors = Array.from(
    textOf('core/http/refusal.ts').matchAll(/^ {2}WEIR_(\w+): \d+/gm),
    ([, name]) => name!.toLowerCase(),
  )
  // The listener makes these of the phrases of their statuses.
  const ofStatuses = ['request_timeout', 'request_header_fields_too_large']
  const rows = rowsUnder(textOf('docs/HTTP.md'), 'Errors').flatMap(([codes]) => codes!.split(', '))
  expect(sorted(rows)).toEqual(sorted(new Set([...own, ...ofErrors, ...ofStatuses])))
})

test('docs/METRICS.md has a row for each metric with its labels, and no others', () => {
  const written = rowsUnder(textOf('docs/METRICS.md'), 'Metrics').map(
    ([name, kind, labels, meaning]) => `${name} ${kind} [${labels}] ${meaning}`,
  )
  const real = Object.values(definitions).map(
    ({ name, kind, labels, help }) => `${name} ${kind} [${labels.join(', ')}] ${help}`,
  )
  expect(sorted(written)).toEqual(sorted(real))
})

test('docs/METRICS.md has a row for each reason with its fate, and no others', () => {
  const rows = rowsUnder(textOf('docs/METRICS.md'), 'Reasons')
  const written = rows.map(([reason, fate, meaning]) => `${reason} ${fate}: ${meaning}`)
  const real = Object.entries(reasons).map(([name, { fate, help }]) => `${name} ${fate}: ${help}`)
  expect(sorted(written)).toEqual(sorted(real))
  for (const [reason, , , advice] of rows) expect(advice, reason).toMatch(/\w{3}/)
})

test('docs/COMMANDS.md has every exit code', () => {
  const written = rowsUnder(textOf('docs/COMMANDS.md'), 'Exit codes')
  // Those of signals are computed: `130, 143`.
  const own = written.map(([code]) => Number(code)).filter((code) => code < 128)
  expect(own).toEqual(Object.values(exitCodes).toSorted((a, b) => a - b))
})

test('docs/CONFIG.md and docs/config.schema.json are what `npm run docs` makes', () => {
  const { markdown, schema } = configDocs()
  expect(textOf('docs/CONFIG.md')).toBe(markdown)
  expect(textOf('docs/config.schema.json')).toBe(schema)
})

test('every key in docs/CONFIG.md says what it is', () => {
  const silent = textOf('docs/CONFIG.md')
    .split('\n')
    .filter((line) => line.startsWith('| `') && /\|\s*\|$/.test(line))
  expect(silent, 'keys without .describe()').toEqual([])
})

test('links between pages lead somewhere', () => {
  const broken = projectFiles()
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      Array.from(textOf(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g), ([, target]) => ({
        path,
        target: target!,
      })),
    )
    .filter(({ path, target }) => !existsSync(join(root, dirname(path), target)))
    .map(({ path, target }) => `${path} → ${target}`)
  expect(broken).toEqual([])
})

test('the config in the README is the example that it names', () => {
  expect(textOf('README.md')).toContain(textOf('examples/first.yaml'))
})
