import { afterAll, beforeAll, describe } from 'vitest'
import { Cluster } from '../../store/elasticsearch/cluster.ts'
import { ElasticsearchDocuments } from '../../store/elasticsearch/documents.ts'
import { describeDocuments } from '../contracts/documents_contract.ts'
import { serversToTest } from '../peers/catalogue.ts'
import { requirePeer } from '../peers/require.ts'
import { startSearchServer, type SearchServer } from '../peers/search_server.ts'

/** The contract of documents on real servers; test/contracts/documents.test.ts has it on SQLite. */
for (const name of serversToTest('elasticsearch-8', 'opensearch-3', 'elasticsearch-7')) {
  const found = requirePeer(name)
  describe.skipIf(!found)(name, () => {
    let server: SearchServer
    beforeAll(async () => {
      server = await startSearchServer(name, found!)
    })
    afterAll(() => server?.stop())

    let made = 0
    describeDocuments(name, () => {
      const config = { hosts: [server.url], headers: {}, timeout: 30_000 }
      const prefix = `weir-documents-${++made}-`
      return new ElasticsearchDocuments(new Cluster(config, Date.now), prefix)
    })
  })
}
