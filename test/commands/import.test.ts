import { expect, test } from 'vitest'
import type { ImportProgress } from '../../collector/inputs/import/progress.ts'
import { asked } from './asked.ts'
import { inProcess } from './in_process.ts'

const done: ImportProgress = {
  files: 2,
  files_done: 2,
  bytes: 100,
  total_bytes: 100,
  events: 1234,
  impaired: 0,
  problems: [],
  done: true,
}

/** Runs `weir import` against a Weir that yields these. */
async function importing(argv: readonly string[], ...items: ImportProgress[]) {
  const given: unknown[] = []
  const ended = await asked(['import', ...argv], {
    async *import(args) {
      given.push(args)
      yield* items
    },
  })
  return { ...ended, given }
}

test('what is asked for, and what came of it', async () => {
  const options = ['-p', 'nginx', '-o', 'fields=ecs', '-t', 'web', '--multiline', '^A']
  const { code, stdout, stderr, given } = await importing(['/logs', 'a.log', ...options], done)
  expect(given).toEqual([
    {
      paths: ['/logs', '/a.log'],
      tag: 'web',
      parser: { type: 'nginx', fields: 'ecs' },
      start_pattern: '^A',
    },
  ])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  expect(stderr).toMatch(/^1,234 events from 2 files in \d+\.\d s\n$/)
})

test('files that cannot be read, and lines that do not fit', async () => {
  const odd = { ...done, files: 1, impaired: 5, problems: ['/a: it is no file'] }
  const { code, stderr } = await importing(['/a'], odd)
  expect(code).toBe(1)
  expect(stderr).toContain('/a: it is no file\n')
  expect(stderr).toContain('from 1 file in')
  expect(stderr).toContain('5 did not arrive whole')
})

test('lines of which none fits were taken in: nothing new is not said', async () => {
  const { stderr } = await importing(['/a'], { ...done, events: 0, impaired: 3 })
  expect(stderr).toContain(
    '3 did not arrive whole, mostly lines that do not fit the parser, which are kept',
  )
  expect(stderr).not.toContain('nothing new')
})

test('one is one event', async () => {
  expect((await importing(['/a'], { ...done, events: 1 })).stderr).toMatch(/^1 event from 2 files/)
})

test('nothing new', async () => {
  const { code, stderr } = await importing(['/a'], { ...done, events: 0 })
  expect(code).toBe(0)
  expect(stderr).toContain('nothing new')
})

test('without a running Weir, and with a parser that is none', async () => {
  const none = await inProcess(['import', '/a', '-d', '/nonexistent'])
  expect(none.code).toBe(69)
  expect(none.stderr).toContain('start it (weir start)')
  expect((await importing(['/a', '-p', 'ngnix'], done)).stderr).toContain('"ngnix" is not known')
})

test('a pattern that is none is refused in the words of the command', async () => {
  const { code, stderr, given } = await importing(['/a', '--multiline', '('], done)
  expect(code).toBe(2)
  expect(stderr).toContain("'--multiline <pattern>' argument '(' is invalid. It is no regular")
  expect(given).toEqual([])
})
