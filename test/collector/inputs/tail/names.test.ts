import { expect, test } from 'vitest'
import { glob, matches } from '../../../../collector/inputs/tail/globs.ts'
import { familyOf, isRotatedName, tagFor } from '../../../../collector/inputs/tail/names.ts'

test('what rotation calls a file', () => {
  for (const name of [
    'app.log.1',
    'app.log.12.gz',
    'app.log-20261121',
    'app.log-20261121.gz',
    'app.log.2026-11-21T10:00:00.1',
    'app.log.old',
    'app.log.gz',
    'app-20261121.log',
    'app-2026-11-21.log.gz',
  ]) {
    expect(isRotatedName('app.log', name), name).toBe(true)
    expect(familyOf(`/l/${name}`), name).toBe('/l/app.log')
  }
  for (const name of [
    'app.log',
    'app.log.json',
    'app.logs',
    'app-error.log',
    'app-2.log',
    'b.log.1',
  ]) {
    expect(isRotatedName('app.log', name), name).toBe(false)
  }
})

test('patterns', () => {
  const cases: [string, string, boolean][] = [
    ['/l/*.log', '/l/a.log', true],
    ['/l/*.log', '/l/.a.log', false],
    ['/l/*.log', '/l/x/a.log', false],
    ['/l/**/*.log', '/l/a.log', true],
    ['/l/**/*.log', '/l/x/y/a.log', true],
    ['/l/{a,b?}.log', '/l/b1.log', true],
    ['/l/{a,b?}.log', '/l/b.log', false],
    ['/l/[!a]x', '/l/bx', true],
    ['/l/[!a]x', '/l/ax', false],
    ['/l/a+b(c).log', '/l/a+b(c).log', true],
  ]
  for (const [pattern, path, fits] of cases) expect(matches(glob(pattern), path)).toBe(fits)
})

test('a tag with the path in it', () => {
  expect(tagFor('file.*', '/var/log/a.log')).toBe('file.var.log.a.log')
  expect(tagFor('plain', '/var/log/a.log')).toBe('plain')
})
