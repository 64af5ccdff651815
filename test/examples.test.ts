/** Every example is a config that Weir takes as it is. */
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { rootSchema } from '../config.ts'
import { formatProblem } from '../core/config/problem.ts'
import { readConfig } from '../core/config/load.ts'
import { projectFiles, textOf } from './source_files.ts'

const examples = projectFiles('examples').filter((path) => path.endsWith('.yaml'))

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(0)
})

test.each(examples)('%s is a valid config', (path) => {
  const text = textOf(path)
  // Whatever the example wants from the environment is there.
  const names = Array.from(text.matchAll(/(?<!\$)\$\{(\w+)\}/g), ([, name]) => name!)
  const environment = Object.fromEntries(names.map((name) => [name, 'an-example-of-16-characters']))
  const result = readConfig(rootSchema, { file: { name: basename(path), text }, environment })
  expect(result.problems?.map(formatProblem) ?? []).toEqual([])
})

test.each(examples)('%s begins with what it is for', (path) => {
  expect(textOf(path)).toMatch(/^# [A-Z]/)
})
