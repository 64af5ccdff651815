import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { projectFiles, textOf } from '../source_files.ts'

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0]

/** The schema that editors have of a config. */
const schema = z.fromJSONSchema(JSON.parse(textOf('docs/config.schema.json')) as JsonSchema)
const problemsOf = (text: string) => schema.safeParse(parse(text)).error?.issues ?? []
const examples = projectFiles().filter((path) => /^examples\/[^/]*\.yaml$/.test(path))

test('docs/config.schema.json takes every example', () => {
  expect(examples.length).toBeGreaterThan(10)
  for (const path of examples) expect(problemsOf(textOf(path)), path).toEqual([])
})

test.each([
  'journal: { when_full: "${WF:-block}" }',
  'collector: { workers: "${NW:-2}", inputs: [{ type: http }] }',
  'http: { tokens: [{ name: a, secret: "${T}", scopes: [ingest] }] }',
])('docs/config.schema.json takes a variable in %s', (text) => {
  expect(problemsOf(text)).toEqual([])
})

test.each(['journal: { when_full: blok }', 'collector: { workers: "2" }', 'x: 1'])(
  'docs/config.schema.json refuses %s',
  (text) => {
    expect(problemsOf(text)).not.toEqual([])
  },
)
