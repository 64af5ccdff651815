import { expect, it } from 'vitest'
import { nameOfSeries, seriesOf, tagsOfSeries } from '../../store/series.ts'

it('a series is its name and its tags by key', () => {
  const tags: [string, string][] = [
    ['zone', 'b'],
    ['env', 'dev'],
    ['env', 'prod'],
  ]
  expect(seriesOf('web.requests', tags)).toBe('web.requests;env=prod;zone=b')
  expect(seriesOf('plain', [])).toBe('plain')
})

it('and comes apart again', () => {
  expect(nameOfSeries('a.b;k=v')).toBe('a.b')
  expect(nameOfSeries('a.b')).toBe('a.b')
  expect({ ...tagsOfSeries('a.b;k=v=w;__proto__=x') }).toEqual(
    Object.fromEntries([
      ['name', 'a.b'],
      ['k', 'v=w'],
      ['__proto__', 'x'],
    ]),
  )
})
