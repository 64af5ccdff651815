import { expect, test } from 'vitest'
import { contextOf } from '../../../errors/symbolicate/context_lines.ts'
import {
  debugIdOf,
  isMade,
  isRuntime,
  resolveUrl,
  urlsOf,
} from '../../../errors/symbolicate/places.ts'
import { namesOf } from '../../../errors/symbolicate/sources.ts'

test.each<[unknown, string]>([
  ['7D5FF54C-22ae-5dc6-8eff-f7adbfa7764c', '7d5ff54c22ae5dc68efff7adbfa7764c'],
  ['7d5ff54c22ae5dc68efff7adbfa7764c', '7d5ff54c22ae5dc68efff7adbfa7764c'],
  ['7d5ff54c22ae5dc68efff7adbfa7764c1', '7d5ff54c22ae5dc68efff7adbfa7764c'],
  ['7d5ff54c', ''],
  ['x'.repeat(32), ''],
  [7, ''],
])('the debug id of %s', (given, expected) => {
  expect(debugIdOf(given)).toBe(expected)
})

test.each<[string, string[]]>([
  ['https://a.example/s/app.js', ['https://a.example/s/app.js', '~/s/app.js']],
  [
    'https://a.example/app.js?v=1#x',
    ['https://a.example/app.js?v=1#x', 'https://a.example/app.js', '~/app.js?v=1', '~/app.js'],
  ],
  [
    'https://a.example/%5Bid%5D.js',
    ['https://a.example/%5Bid%5D.js', '~/%5Bid%5D.js', '~/[id].js'],
  ],
  ['app:///index.android.bundle', ['app:///index.android.bundle', '~/index.android.bundle']],
  ['/srv/app/dist/main.js', ['/srv/app/dist/main.js', '~/srv/app/dist/main.js']],
  ['C:\\app\\main.js', ['C:\\app\\main.js', '~/app/main.js']],
  ['main.jsbundle', ['main.jsbundle', '~/main.jsbundle']],
  ['~/s/app.js', ['~/s/app.js', '~/~/s/app.js']],
  ['blob:https://a.example/1', ['blob:https://a.example/1']],
  ['https://a.example/%zz.js', ['https://a.example/%zz.js', '~/%zz.js']],
])('the urls of %s', (script, urls) => {
  expect(urlsOf(script)).toEqual(urls)
})

test.each<[string, string, string | undefined]>([
  ['app.js.map', '~/s/app.js', '~/s/app.js.map'],
  ['../maps/app.js.map', '~/s/app.js', '~/maps/app.js.map'],
  ['../../../app.js.map', '~/s/app.js', '~/app.js.map'],
  ['/maps/a.map', 'https://a.example/s/app.js', 'https://a.example/maps/a.map'],
  ['https://b.example/a.map', '~/s/app.js', 'https://b.example/a.map'],
  ['a.map', 's/app.js', 's/a.map'],
  ['a.map', '/srv/app.js', '/srv/a.map'],
  ['//', 'https://a.example/', undefined],
])('%s in %s leads to %s', (reference, base, expected) => {
  expect(resolveUrl(reference, base)).toBe(expected)
})

test('what nobody could upload is told from scripts', () => {
  for (const script of [
    '',
    '<anonymous>',
    '[native code]',
    'native',
    'node:internal/x',
    'internal/x.js',
    'chrome-extension://x/a.js',
  ]) {
    expect(isRuntime(script), script).toBe(true)
  }
  for (const script of [
    'https://a.example/native.js',
    'app.js',
    '/node_modules/a.js',
    'internals.js',
  ]) {
    expect(isRuntime(script) || isMade(script), script).toBe(false)
  }
  for (const script of [
    'blob:https://a.example/1',
    'https://a.example/app.js line 3 > eval',
    'eval at e (https://a.example/app.js)',
    'webpack-internal:///./a.js',
  ]) {
    expect(isMade(script), script).toBe(true)
  }
})

test.each<[string, string, object]>([
  [
    'webpack:///./src/a.tsx',
    'https://a.example/s/app.js',
    {
      filename: './src/a.tsx',
      abs_path: 'webpack:///./src/a.tsx',
      module: 'src/a',
      isForeign: false,
    },
  ],
  [
    'webpack://_N_E/./pages/index.js?3f2a',
    '~/app.js',
    { filename: './pages/index.js', module: 'pages/index' },
  ],
  [
    '../../src/a.ts',
    'https://a.example/s/t/app.js?v=1',
    { filename: '../../src/a.ts', abs_path: 'https://a.example/src/a.ts', module: 'src/a' },
  ],
  [
    '/home/ci/src/a.ts',
    '~/app.js',
    { filename: '/home/ci/src/a.ts', abs_path: '~/home/ci/src/a.ts', module: 'home/ci/src/a' },
  ],
  ['node_modules/.vite/deps/react.js', '~/app.js', { isForeign: true }],
  ['webpack:///(webpack)/buildin/module.js', '~/app.js', { isForeign: true }],
  ['', '~/app.js', { filename: '', module: '<unknown>' }],
])('the names of %s', (source, base, expected) => {
  expect(namesOf(source, base)).toMatchObject(expected)
})

test('long lines are cut around the column, ends of sources are no mistake', () => {
  const lines = (all: string[]) => ({
    count: all.length,
    line: (index: number) => all[index] ?? '',
  })
  const long = `${'a'.repeat(500)}HERE${'b'.repeat(500)}`
  const { context_line } = contextOf(lines([long]), 0, 500)!
  expect(context_line).toMatch(/^\{snip\} a{60}HEREb+ \{snip\}$/)
  expect(contextOf(lines(['one', 'two']), 1, 0)).toEqual({
    pre_context: ['one'],
    context_line: 'two',
    post_context: [],
  })
  expect(contextOf(lines(['one']), 1, 0)).toBeUndefined()
  // Half of a pair of surrogates would be no text.
  const pairs = contextOf(lines(['😀'.repeat(300)]), 0, 301)!.context_line
  expect(pairs.isWellFormed()).toBe(true)
})
