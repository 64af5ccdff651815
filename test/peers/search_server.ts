import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerName } from './catalogue.ts'
import { peers } from './catalogue.ts'
import { freePort, giveAway, launch, waitFor, type Program } from './process.ts'
import type { Found } from './require.ts'

/** A real Elasticsearch or OpenSearch: one node on 127.0.0.1 with a folder of its own. */
export interface SearchServer {
  readonly url: string
  readonly name: ServerName
  /** Parsed JSON of the answer; throws with status and body on 4xx and 5xx unless `tolerate`d. */
  ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options?: { tolerate?: boolean },
  ): Promise<T>
  /** `kill -9`, as a crash. The data stay. */
  kill(): Promise<void>
  /** Starts it again on the same port and data; resolves when it takes requests. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export interface SearchServerOptions {
  readonly heap?: string
  /** More lines for the configuration file. */
  readonly settings?: readonly string[]
}

/** Starts a server found by `requirePeer`; 10 to 30 s. */
export async function startSearchServer(
  name: ServerName,
  found: Found,
  options: SearchServerOptions = {},
): Promise<SearchServer> {
  const port = await freePort()
  const folder = prepareFolder(name, found, port, await freePort(), options.settings ?? [])
  const url = `http://127.0.0.1:${port}`
  let program: Program | undefined

  const start = async () => {
    program = run(name, found, folder, options.heap ?? '768m')
    const running = program
    try {
      await waitFor(`${name} at ${url}`, () => isReady(url, running), 180_000)
    } catch (failure) {
      const log = readFileSync(join(folder, 'output.log'), 'utf8').slice(-2000)
      await program.end('SIGKILL')
      throw new Error(`${name} does not start: ${log}`, { cause: failure })
    }
  }
  await start()
  return {
    url,
    name,
    ask: (method, path, body, settings) => ask(url, method, path, body, settings?.tolerate),
    async kill() {
      await program?.end('SIGKILL')
      program = undefined
      // The port outlives the process's first thread for a moment.
      await waitFor(`the port of ${name} to close`, () => isClosed(url))
    },
    async restart() {
      if (program) await program.end('SIGKILL')
      await start()
    },
    async stop() {
      if (program) await program.end('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function prepareFolder(
  name: ServerName,
  found: Found,
  port: number,
  transportPort: number,
  more: readonly string[],
): string {
  const { flavour } = peers[name]
  const folder = mkdtempSync(join(tmpdir(), `weir-${name}-`))
  const config = join(folder, 'config')
  cpSync(join(found.path, 'config'), config, { recursive: true })
  const lines = [
    `cluster.name: ${name}`,
    'network.host: 127.0.0.1',
    `http.port: ${port}`,
    `transport.port: ${transportPort}`,
    'discovery.type: single-node',
    `path.data: ${folder}/data`,
    `path.logs: ${folder}/logs`,
    `path.repo: ${folder}/snapshots`,
    'cluster.routing.allocation.disk.threshold_enabled: false',
    'action.destructive_requires_name: false',
    ...(flavour === 'elasticsearch' ? ['xpack.security.enabled: false'] : []),
    ...more,
  ]
  writeFileSync(join(config, `${flavour}.yml`), `${lines.join('\n')}\n`)
  // The JVM's own logs and dumps would go into the shared, read-only distribution.
  const jvm = join(config, 'jvm.options')
  const inFolder = readFileSync(jvm, 'utf8').replaceAll(/=(logs|data)\b/g, `=${folder}/$1`)
  writeFileSync(jvm, inFolder)
  for (const part of ['data', 'logs', 'snapshots', 'tmp']) mkdirSync(join(folder, part))
  giveAway(folder)
  return folder
}

function run(name: ServerName, found: Found, folder: string, heap: string): Program {
  const { flavour } = peers[name]
  const prefix = flavour === 'elasticsearch' ? 'ES' : 'OPENSEARCH'
  const env = {
    [`${prefix}_JAVA_HOME`]: found.java,
    [`${prefix}_PATH_CONF`]: join(folder, 'config'),
    [`${prefix}_JAVA_OPTS`]: `-Xms${heap} -Xmx${heap}`,
    [`${prefix}_TMPDIR`]: join(folder, 'tmp'),
    HOME: folder,
  }
  const output = join(folder, 'output.log')
  return launch(join(found.path, 'bin', flavour), [], { env, output, unprivileged: true })
}

/** A started node takes writes a little later than requests: its state must be recovered. */
async function isReady(url: string, program: Program): Promise<boolean> {
  if (program.exited) throw new Error('the process ended')
  try {
    const health = await ask<{ status?: string }>(url, 'GET', '/_cluster/health?timeout=1s')
    return health.status !== undefined && health.status !== 'red'
  } catch {
    return false
  }
}

async function isClosed(url: string): Promise<boolean> {
  try {
    await fetch(url)
    return false
  } catch (failure) {
    const cause = failure instanceof Error ? (failure.cause as NodeJS.ErrnoException) : undefined
    return cause?.code === 'ECONNREFUSED'
  }
}

async function ask<T>(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  tolerate = false,
): Promise<T> {
  const request: RequestInit = { method }
  if (body !== undefined) {
    request.body = typeof body === 'string' ? body : JSON.stringify(body)
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
    request.headers = { 'content-type': type }
  }
  const response = await fetch(url + path, request)
  const text = await response.text()
  if (!response.ok && !tolerate) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : { text }) as T
}
