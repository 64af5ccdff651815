import { describe, expect, it } from 'vitest'
import { indicesOf, problemOf } from '../../../../store/elasticsearch/bulk/indices.ts'

const line = Buffer.from('{"@timestamp":"2026-11-21T10:17:37.123Z"}\n')
const part = { stream: 'logs-nginx.access-default', tag: 'nginx.access' }
const name = (config: string, of = part) => indicesOf(config).nameOf(of, line, 0)

describe('indices', () => {
  it('are data streams by default', () => {
    expect(name('data_stream')).toBe('logs-nginx.access-default')
    expect(indicesOf('data_stream').patternOf(part)).toBe('logs-nginx.access-default')
  })

  it('are named from tag and time', () => {
    expect(name('dated')).toBe('weir-nginx.access-2026.11.21')
    expect(indicesOf('dated').patternOf(part)).toBe('weir-*')
    expect(name('logs-%Y%m%d%H-{stream}')).toBe('logs-2026112110-logs-nginx.access-default')
    expect(name('one')).toBe('one')
    expect(indicesOf('one').patternOf(part)).toBe('one')
  })

  it('take nothing dangerous from a tag', () => {
    const of = (tag: string) => name('x-{tag}', { ...part, tag })
    expect(of('../../Etc"\n')).toBe('x-__.._etc__')
    expect(of('a'.repeat(500))).toHaveLength(152)
  })

  it('refuse patterns that cannot be names', () => {
    expect(problemOf('data_stream')).toBeUndefined()
    expect(problemOf('app-{tag}-%Y.%m.%d')).toBeUndefined()
    expect(problemOf('App')).toMatch('"A" cannot stand')
    expect(problemOf('x-%y')).toMatch('only %Y, %m, %d and %H')
    expect(problemOf('x-{host}')).toMatch('only {tag} and {stream}')
    expect(problemOf('{tag}')).toMatch('begin the name')
    expect(problemOf('-x')).toMatch('begin the name')
    expect(problemOf('x'.repeat(81))).toMatch('at most 80')
  })
})
