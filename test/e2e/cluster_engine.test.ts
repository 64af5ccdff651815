import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, type Program, waitFor } from '../peers/process.ts'
import { serversToTest } from '../peers/catalogue.ts'
import { requirePeer } from '../peers/require.ts'
import { type SearchServer, startSearchServer } from '../peers/search_server.ts'
import { WeirFolder } from '../peers/weir_folder.ts'

const run = promisify(execFile)
const program = join(import.meta.dirname, '..', '..', 'bin', 'weir')

/** The same configuration as with the embedded store, but for the engine: a real cluster keeps and answers. */
for (const name of serversToTest('elasticsearch-8', 'opensearch-3')) {
  const found = requirePeer(name)

  describe.skipIf(!found)(`store.engine elasticsearch on ${name}`, () => {
    let server: SearchServer
    let weir: Program
    let url: string
    const folder = new WeirFolder('cluster')
    beforeAll(async () => {
      server = await startSearchServer(name, found!)
      const port = await freePort()
      url = `http://127.0.0.1:${port}`
      const store = `store: { engine: elasticsearch, hosts: ["${server.url}"] }\n`
      folder.configure(store, `127.0.0.1:${port}`)
      weir = folder.start()
      await waitFor('Weir', () => ready(url))
    })
    afterAll(async () => {
      await weir?.end('SIGKILL')
      await server?.stop()
      folder.remove()
    })

    const post = async (from: number, count: number) => {
      const events = Array.from({ length: count }, (_, place) => {
        return JSON.stringify({ message: `event number ${from + place}`, n: from + place })
      })
      const headers = { 'content-type': 'application/x-ndjson' }
      const response = await fetch(`${url}/in/shop`, {
        method: 'POST',
        headers,
        body: events.join('\n'),
      })
      expect(response.status).toBe(200)
    }
    const weirCommand = async (...args: string[]) => {
      const { stdout } = await run(program, ['--data-dir', folder.data, ...args])
      return stdout
    }
    const countOf = async () => {
      await server.ask('POST', '/logs-shop-default/_refresh').catch(() => undefined)
      const output = await weirCommand('query', 'n>=0', '--limit', '1000', '--raw').catch(() => '')
      return output.split('\n').filter((line) => line !== '').length
    }

    it('keeps what comes in, and is asked by the same commands', async () => {
      await post(0, 50)
      await waitFor('the events', async () => (await countOf()) === 50)
      expect(await weirCommand('query', 'n:7', '--raw')).toBe('event number 7\n')
      expect(await weirCommand('top', 'n', 'n<3')).toContain('33.3%')
      const mistake = weirCommand('query', 'n:(')
      await expect(mistake).rejects.toThrow("expected ')'")
    })

    it('passes requests of the Elasticsearch API on, and only those', async () => {
      await post(200, 3)
      await waitFor('the events', async () => (await countOf()) === 53)
      const body = JSON.stringify({ query: { range: { n: { gte: 200 } } }, track_total_hits: true })
      const headers = { 'content-type': 'application/json' }
      const found = await fetch(`${url}/es/logs-*/_search`, { method: 'POST', headers, body })
      expect(found.headers.get('x-elastic-product')).toBe('Elasticsearch')
      const { hits } = (await found.json()) as { hits: { total: { value: number } } }
      expect(hits.total.value).toBe(3)
      const absent = await fetch(`${url}/es/nothing-of-this-name/_search`)
      expect(absent.status).toBe(404)
      const settings = await fetch(`${url}/es/_cluster/settings`, {
        method: 'PUT',
        headers,
        body: '{}',
      })
      expect(settings.status).toBe(400)
    })

    it('follows events as they arrive', async () => {
      const gone = new AbortController()
      const live = await fetch(`${url}/api/tail?query=n:300`, { signal: gone.signal })
      const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader()
      let seen = ''
      await post(300, 1)
      while (!seen.includes('event number 300')) seen += (await reader.read()).value ?? ''
      gone.abort()
    })

    it('takes in while the cluster is down, says why questions fail, and delivers afterwards', async () => {
      await server.kill()
      await post(50, 50)
      await expect(weirCommand('query', 'n:7')).rejects.toThrow('ECONNREFUSED')
      const asked = await fetch(`${url}/es/_cat/indices`)
      expect(asked.status).toBe(503)
      expect(await asked.text()).toContain('ECONNREFUSED')
      await server.restart()
      await waitFor('all events', async () => (await countOf()) === 104)
    })
  })
}

async function ready(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}
