import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allRoutes } from '../../../store/api/all_routes.ts'

test('docs/ELASTICSEARCH_API.md names every route, its scope and its parameters', () => {
  const lines = readFileSync('docs/ELASTICSEARCH_API.md', 'utf8').split('\n')
  const missing = allRoutes.flatMap(({ paths, parameters = [] }) =>
    paths.flatMap((path) => {
      const named = `\`${path.replaceAll(/:(\w+)/g, '<$1>')}\``
      const rows = lines.filter((line) => line.startsWith('| ') && line.includes(named))
      if (rows.length === 0) return [path]
      const unknown = parameters.filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))
      return unknown.map((name) => `${path}: ${name}`)
    }),
  )
  expect(missing).toEqual([])
})
