/**
 * Each folder of test/golden/parsers/<parser>/<case> has a config, lines and what becomes of them: an event,
 * with what was noted beside it, or a refusal. UPDATE_GOLDEN=1 writes the answers anew; read the difference.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parserFrom, type ParserConfig } from '../../../collector/parsers/all.ts'
import { Refusal, type Parser } from '../../../collector/parser.ts'
import { bothWays, disagreement } from './agreement.ts'

const root = join(import.meta.dirname, '../../golden/parsers')
const cases = readdirSync(root).flatMap((parser) =>
  readdirSync(join(root, parser)).map((name) => join(parser, name)),
)
const clock = { now: () => Date.UTC(2026, 10, 21, 10, 17, 37) }

function resultOf(parser: Parser, line: Buffer): string {
  const { event, notes } = bothWays(parser, line)
  if (event instanceof Refusal)
    return JSON.stringify({ refused: event.reason, detail: event.detail })
  return JSON.stringify(notes.length === 0 ? { event } : { event, notes })
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start)
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return lines
}

test.each(cases)('%s', (name) => {
  const folder = join(root, name)
  const config = parseYaml(readFileSync(join(folder, 'config.yaml'), 'utf8')) as ParserConfig
  const parser = parserFrom(config, 'none', clock)
  const lines = linesOf(readFileSync(join(folder, 'input.txt')))
  for (const line of lines) expect(disagreement(parser, line)).toBeUndefined()
  const actual = lines.map((line) => `${resultOf(parser, line)}\n`).join('')
  const answers = join(folder, 'expected.ndjson')
  if (process.env['UPDATE_GOLDEN']) writeFileSync(answers, actual)
  expect(actual.split('\n')).toEqual(readFileSync(answers, 'utf8').split('\n'))
})
