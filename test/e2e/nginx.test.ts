import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { seeded } from '../peers/bulk_sink.ts'
import { freePort, launch, type Program, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { type SearchServer, startSearchServer } from '../peers/search_server.ts'
import { WeirFolder } from '../peers/weir_folder.ts'

/**
 * A real nginx under load, rotated by the real logrotate with copytruncate, into a real Elasticsearch and a
 * real OpenSearch at once, while Weir is killed ten times: as many documents as requests, no id twice.
 */
const nginx = requirePeer('nginx')
const logrotate = requirePeer('logrotate')
const ab = requirePeer('ab')
const elasticsearch = requirePeer('elasticsearch-8')
const opensearch = requirePeer('opensearch-3')
const complete = nginx && logrotate && ab && elasticsearch && opensearch

const run = promisify(execFile)
const weir = new WeirFolder('nginx')
const folder = weir.path
const stops: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop()
  weir.remove()
})

const accessLog = join(folder, 'logs', 'access.log')
const kills = 10
const requestsOfBurst = 1500

async function startNginx(): Promise<string> {
  const port = await freePort()
  mkdirSync(join(folder, 'logs'))
  const config = join(folder, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n')
  writeFileSync(
    config,
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events {}
http {
  ${temporary}
  access_log ${accessLog} combined;
  server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } }
}
`,
  )
  const program = launch(nginx!.path, ['-c', config], { output: join(folder, 'nginx.out') })
  stops.push(() => program.end('SIGKILL'))
  await waitFor('nginx', () =>
    fetch(`http://127.0.0.1:${port}/first`).then(
      () => true,
      () => false,
    ),
  )
  return `http://127.0.0.1:${port}`
}

function configure(targets: readonly SearchServer[]): void {
  const outputs = targets.map(
    ({ name, url }) =>
      `    - { type: elasticsearch, id: ${name}, hosts: ["${url}"], batch_age: 200ms }`,
  )
  weir.configure(
    `collector:
  inputs:
    - { type: tail, paths: [${accessLog}], tag: nginx.access, parser: nginx, rotate_wait: 2s }
  outputs:
${outputs.join('\n')}
`,
  )
}

/** 0 as long as there is no such stream. */
async function countOf(server: SearchServer): Promise<number> {
  try {
    await server.ask('POST', '/logs-nginx.access-default/_refresh')
    const { count } = await server.ask<{ count: number }>(
      'GET',
      '/logs-nginx.access-default/_count',
    )
    return count
  } catch {
    return 0
  }
}

async function distinctIds(server: SearchServer): Promise<{ ids: number; documents: number }> {
  const ids = new Set<string>()
  let documents = 0
  type Page = { _scroll_id: string; hits: { hits: { _id: string }[] } }
  const first = '/logs-nginx.access-default/_search?scroll=1m&_source=false&size=5000'
  let page = await server.ask<Page>('POST', first, { sort: ['_doc'] })
  while (page.hits.hits.length > 0) {
    for (const { _id } of page.hits.hits) ids.add(_id)
    documents += page.hits.hits.length
    const next = { scroll: '1m', scroll_id: page._scroll_id }
    page = await server.ask<Page>('POST', '/_search/scroll', next)
  }
  return { ids: ids.size, documents }
}

/** Lines in the live log and all its copies. */
function loggedLines(): number {
  const text = execFileSync('sh', ['-c', `cat ${accessLog}* | wc -l`], { encoding: 'utf8' })
  return Number(text)
}

function rotate(): void {
  const directives = ['copytruncate', 'rotate 100', 'size 1', 'nocompress']
  execFileSync(logrotate!.path, weir.rotation(accessLog, directives), { stdio: 'pipe' })
}

test.skipIf(!complete)('as many documents as requests, with ten kills and rotations', async () => {
  const random = seeded(7)
  const url = await startNginx()
  const servers = await Promise.all([
    startSearchServer('elasticsearch-8', elasticsearch!),
    startSearchServer('opensearch-3', opensearch!),
  ])
  for (const server of servers) stops.push(() => server.stop())
  configure(servers)
  let program: Program = weir.start()
  stops.push(() => program.end('SIGKILL'))
  let requests = loggedLines()
  const first = requests
  await waitFor('the first document', async () => (await countOf(servers[0]!)) >= first)

  for (let burst = 0; burst < kills; burst++) {
    const load = run(ab!.path, [
      '-q',
      '-n',
      String(requestsOfBurst),
      '-c',
      '16',
      `${url}/burst/${burst}`,
    ])
    await sleep(random() * 500)
    await program.end('SIGKILL')
    await load
    requests += requestsOfBurst
    await waitFor('nginx to log all it answered', () => loggedLines() === requests)
    // Half of the rotations find Weir stopped, half at work.
    if (burst % 2 === 0) rotate()
    program = weir.start()
    if (burst % 2 === 1) rotate()
  }
  for (const server of servers) {
    await waitFor(
      `all documents in ${server.name}`,
      async () => (await countOf(server)) >= requests,
      90_000,
    ).catch(() => undefined)
    expect({ server: server.name, ...(await distinctIds(server)) }).toEqual({
      server: server.name,
      ids: requests,
      documents: requests,
    })
  }
})
