import { describe, expect, test } from 'vitest'
import { dateMathName } from '../../../store/api/date_math_name.ts'
import { type Known, resolveTarget } from '../../../store/api/targets.ts'
import { cpuMsOf } from '../../cpu_time.ts'

const nowMs = Date.UTC(2026, 10, 21, 23, 30)
const index = (name: string, more: Partial<Known> = {}): Known => ({
  name,
  kind: 'index',
  hidden: name.startsWith('.'),
  aliases: {},
  ...more,
})
const known = [
  index('logs-a'),
  index('logs-b'),
  index('logs-debug-x'),
  index('metrics-a'),
  index('.internal'),
  index('logs-2026.11.21'),
  index('aliased', { aliases: { all: {}, some: { filter: { term: { a: 1 } } } } }),
]
const names = (target: string, options = {}) =>
  resolveTarget(target, known, { nowMs, ...options }).map(({ name }) => name)

describe('a target', () => {
  test.each([
    ['logs-a', ['logs-a']],
    ['logs-b,logs-a', ['logs-a', 'logs-b']],
    ['logs-*,-logs-debug-*,-logs-2*', ['logs-a', 'logs-b']],
    ['*-a', ['logs-a', 'metrics-a']],
    ['all', ['aliased']],
    ['al*', ['aliased']],
    ['<logs-{now/d}>', ['logs-2026.11.21']],
    ['.int*', ['.internal']],
    ['nothing-*', []],
    [
      '',
      known
        .map(({ name }) => name)
        .filter((name) => name !== '.internal')
        .toSorted(),
    ],
    [
      '_all',
      known
        .map(({ name }) => name)
        .filter((name) => name !== '.internal')
        .toSorted(),
    ],
    ['*,-*', []],
  ])('%s', (target, expected) => {
    expect(names(target)).toEqual(expected)
  })

  test.each([
    ['gone', {}, 'no such index [gone]'],
    ['logs-a,gone', {}, 'no such index [gone]'],
    ['gone-*', { allowNoIndices: false }, 'no such index [gone-*]'],
    ['-logs-a', {}, 'no such index [-logs-a]'],
    ['_spam', {}, "must not start with '_'"],
    ['other:logs', {}, 'names another cluster'],
    ['*', { expandWildcards: ['spam'] }, 'No valid expand wildcard value [spam]'],
    ['x'.repeat(30_000), {}, 'more than 20000 characters'],
  ])('%s is refused', (target, options, reason) => {
    expect(() => names(target, options)).toThrow(reason)
  })

  test('options widen and narrow it', () => {
    expect(names('gone,logs-a', { ignoreUnavailable: true })).toEqual(['logs-a'])
    expect(names('*', { expandWildcards: ['hidden', 'open'] })).toContain('.internal')
    expect(names('*', { expandWildcards: ['closed'] })).toEqual([])
    expect(names('*', { expandWildcards: ['none'] })).toEqual([])
  })

  test('filters come from the aliases, unless the index is named itself', () => {
    const filters = (target: string) => resolveTarget(target, known, { nowMs })[0]!.filters
    expect(filters('some')).toEqual([{ term: { a: 1 } }])
    expect(filters('some,all')).toBeUndefined()
    expect(filters('some,aliased')).toBeUndefined()
    expect(filters('aliased,some')).toBeUndefined()
  })

  test('many stars cost no time', () => {
    const long = [index('a'.repeat(200))]
    const spent = cpuMsOf(() => void resolveTarget(`${'a*'.repeat(60)}b*`, long, { nowMs }))
    expect(spent).toBeLessThan(1_000)
  })
})

describe('date maths in a name', () => {
  test.each([
    ['plain', 'plain'],
    ['<logs-{now/d}>', 'logs-2026.11.21'],
    ['<logs-{now/d}-{now/M{yyyy.MM}}>', 'logs-2026.11.21-2026.11'],
    ['<logs-{now/d-1d}>', 'logs-2026.11.20'],
    ['<logs-{now/d{yyyy.MM.dd|+02:00}}>', 'logs-2026.11.22'],
    ['<logs-{now/d{yyyy.MM.dd|Asia/Tokyo}}>', 'logs-2026.11.22'],
    ['<logs-{now/d{yyyy.MM.dd|America/Lima}}>', 'logs-2026.11.21'],
    ['<logs-{now-9M/M{uuuuMM}}>', 'logs-202602'],
    ['<logs-{now/w}>', 'logs-2026.11.16'],
    ['<logs-{now+1h{HH}}>', 'logs-00'],
    [String.raw`<elastic\{ON\}-{now/M}>`, 'elastic{ON}-2026.11.01'],
  ])('%s', (name, expected) => {
    expect(dateMathName(name, nowMs)).toBe(expected)
  })

  test.each([
    '<logs-{now/d>',
    '<logs-{then}>',
    '<logs-{now/d{QQQ}}>',
    '<logs-{now/d{yyyy|Nowhere/Land}}>',
    '<>',
    '<a-{now+999999999999y}>',
  ])('%s is refused', (name) => {
    expect(() => dateMathName(name, nowMs)).toThrow('invalid dynamic name expression')
  })
})
