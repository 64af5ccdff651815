import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { endpoints } from '../../../errors/api/endpoints.ts'

const page = readFileSync('docs/ERRORS_API.md', 'utf8')

/** `GET /issues/{issue}/` and so on: every method and path of the table. */
function documented(): string[] {
  const table = page.slice(page.indexOf('## Endpoints'), page.indexOf('## Clients'))
  return table.split('\n').flatMap((line) => {
    const [, methods = '', paths = ''] =
      line.split(' | ').length >= 3 ? (/^\| ([A-Z ]+) \| (.*?) \| /.exec(line) ?? []) : []
    const named = [...paths.matchAll(/`(\/[^`]*)`/g)].map(([, path]) => path!)
    return methods
      .split(' ')
      .flatMap((method) => (method === '' ? [] : named.map((path) => `${method} ${path}`)))
  })
}

const served = endpoints.map(
  ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}/`,
)

test('docs/ERRORS_API.md names every endpoint, and none that there is not', () => {
  const named = documented()
  expect(served.filter((each) => !named.includes(each))).toEqual([])
  expect(named.filter((each) => !served.includes(each))).toEqual([])
})
