/** Whatever the bytes are: no parser throws, both ways agree, and JSON is what JSON.parse says it is. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parserFrom, type ParserConfig } from '../../collector/parsers/all.ts'
import { disagreement, jsonDisagreement } from '../collector/parsers/agreement.ts'
import { messages } from './parser_messages.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 3000)
const clock = { now: () => Date.UTC(2026, 10, 21) }
const configs: readonly ParserConfig[] = [
  'json',
  { type: 'json', time_key: 'time', max_depth: 4, timezone: 'Europe/Berlin' },
  { type: 'json', fields: 'fluentd', types: 'n:string,a:integer', null_empty_string: true },
  'nginx',
  { type: 'nginx', fields: 'fluentd' },
  { type: 'syslog', timezone: 'America/New_York' },
  { type: 'syslog', fields: 'fluentd', message_format: 'auto', with_priority: true },
  {
    type: 'regexp',
    expression: '/^(?<time>[^ ]+) \\[(?<level>\\w+)\\] (?<n>(\\d+)+) (?<message>.*)$/m',
  },
  'none',
]

test.each(configs)('%j: nothing throws and both ways agree', (config) => {
  const parser = parserFrom(config, 'none', clock)
  fc.assert(
    fc.property(messages, (message) => {
      expect(disagreement(parser, message)).toBeUndefined()
    }),
    { numRuns: runs },
  )
})

test.each([100, 4])('json of depth %i takes what JSON.parse takes', (maxDepth) => {
  const parser = parserFrom({ type: 'json', max_depth: maxDepth }, 'none', clock)
  fc.assert(
    fc.property(messages, (message) => {
      expect(jsonDisagreement(parser, message, maxDepth)).toBeUndefined()
    }),
    { numRuns: runs },
  )
})
