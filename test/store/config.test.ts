import { expect, it } from 'vitest'
import { keysWithoutMeaning } from '../../store/config.ts'
import { embeddedConfig } from '../../store/embedded/config.ts'

it('names the keys that mean nothing with the engine', () => {
  const input = {
    store: { hosts: ['http://es1:9200'], threads: 4, max_words: 20_000, retention: {} },
  }
  const at = (path: readonly string[]) => path.join('/')
  expect(keysWithoutMeaning(input, 'embedded', at)).toEqual([
    'store/hosts: store.hosts means nothing with store.engine: embedded',
  ])
  expect(keysWithoutMeaning(input, 'elasticsearch', at)).toEqual([
    'store/max_words: store.max_words means nothing with store.engine: elasticsearch',
  ])
  expect(keysWithoutMeaning(undefined, 'embedded', at)).toEqual([])
})

it('gives questions some time', () => {
  const { error } = embeddedConfig.partial().safeParse({ query_timeout: '0s' })
  expect(error!.issues.map(({ path, message }) => [path, message])).toEqual([
    [['query_timeout'], 'expected more than 0s, in which nothing is answered'],
  ])
})
