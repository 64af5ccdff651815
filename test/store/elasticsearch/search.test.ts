import { expect, test } from 'vitest'
import { ElasticsearchSearch } from '../../../store/elasticsearch/search.ts'

const answered = { status: 200, headers: {}, host: 'http://es:9200' }

test('numbers of an answer stay as the cluster wrote them', async () => {
  const hits = '{"hits":[{"_source":{"id":9007199254740993,"price":1.50,"n":5}}]}'
  const search = new ElasticsearchSearch({
    request: async () => ({ ...answered, text: `{"hits":${hits}}` }),
    close: async () => undefined,
  })
  const answer = await search.search('logs-*', {}, {}, AbortSignal.timeout(5000))
  expect(JSON.stringify(answer['hits'])).toBe(hits)
})
