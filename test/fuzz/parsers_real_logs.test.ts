/** Real logs, where they lie beside the project: every line parses, and both ways agree on it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parserFrom } from '../../collector/parsers/all.ts'
import { Refusal } from '../../collector/parser.ts'
import { bothWays, disagreement } from '../collector/parsers/agreement.ts'

const folder = join(import.meta.dirname, '../../../shared/data')
const clock = { now: () => Date.UTC(2026, 10, 21) }

test.each([
  ['json', 'nginx-plus.json.log', 0],
  // One line of it is cut off.
  ['nginx', 'apache-combined.log', 1],
  ['syslog', 'loghub-openssh.log', 0],
  ['syslog', 'loghub-linux.log', 0],
])('%s: %s', (type, file, refused) => {
  const path = join(folder, file)
  if (!existsSync(path)) {
    console.log(`skipped: no ${path}`)
    return
  }
  const parser = parserFrom(type, 'none', clock)
  const lines = readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '')
  const misfits = lines.filter((line) => bothWays(parser, line).event instanceof Refusal)
  expect(misfits.length).toBe(refused)
  for (const line of lines) expect(disagreement(parser, line)).toBeUndefined()
})
