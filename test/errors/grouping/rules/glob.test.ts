import { describe, expect, it } from 'vitest'
import { foldPath, globFits, pathGlobFits } from '../../../../errors/grouping/rules/glob.ts'

describe('globs of names', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['abc*', 'abcd', true],
    ['*abc', 'xabc', true],
    ['*b*', 'abc', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abbcd', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a😀c', true],
    ['[ab]c', 'bc', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[!a-c]x', 'dx', true],
    ['a[*]b', 'a*b', true],
    ['a[*]b', 'axb', false],
    ['[]]', ']', true],
    ['[', '[', true],
    ['a[b', 'a[b', true],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['**', 'a/b', true],
    ['*', 'a/b', true],
    ['App\\Models\\*', 'App\\Models\\Cart', true],
    ['Abc', 'abc', false],
    ['*a*b*c*', 'xxaxxbxxcxx', true],
    ['*a*b*c*', 'xxaxxcxxbxx', false],
  ])('%s %s', (pattern, text, expected) => {
    expect(globFits(pattern)(text)).toBe(expected)
  })

  it('can leave case out of account', () => {
    expect(globFits('*Timed Out*', { ignoreCase: true })('query timed out')).toBe(true)
  })
})

describe('globs of paths', () => {
  it.each([
    ['**/node_modules/**', '/srv/app/node_modules/x/y.js', true],
    ['**/node_modules/**', 'node_modules/x.js', true],
    ['**/node_modules/**', '/srv/app/modules/x.js', false],
    ['src/*.js', 'src/a.js', true],
    ['src/*.js', 'src/a/b.js', false],
    ['src/**.js', 'src/a/b.js', true],
    ['/src/*.js', 'src/a.js', true],
    ['c:/app/**', 'C:\\App\\x.cs', true],
    ['C:\\app\\**', 'c:/app/x.cs', true],
    ['node:**', 'node:internal/timers', true],
    ['chrome-extension:/**', 'chrome-extension://abc/x.js', true],
  ])('%s %s', (pattern, text, expected) => {
    expect(pathGlobFits(pattern)(foldPath(text))).toBe(expected)
  })
})

describe('a hostile glob', () => {
  it('takes time in proportion', () => {
    const fits = pathGlobFits('*a'.repeat(30) + '*b')
    expect(fits(foldPath('a'.repeat(3000)))).toBe(false)
  })
})
