import { expect, it } from 'vitest'
import { keysWithoutMeaning } from '../../store/config.ts'

it('names the keys that mean nothing with the engine', () => {
  const input = {
    store: { hosts: ['http://es1:9200'], threads: 4, max_words: 20_000, retention: {} },
  }
  expect(keysWithoutMeaning(input, 'embedded')).toEqual([
    'store.hosts means nothing with store.engine: embedded',
  ])
  expect(keysWithoutMeaning(input, 'elasticsearch')).toEqual([
    'store.max_words means nothing with store.engine: elasticsearch',
  ])
  expect(keysWithoutMeaning(undefined, 'embedded')).toEqual([])
})
