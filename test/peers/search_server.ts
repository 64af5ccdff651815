import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { ask, type Asking } from './ask.ts'
import type { ServerName } from './catalogue.ts'
import { peers } from './catalogue.ts'
import { freePort, giveAway, launch, waitFor, type Program } from './process.ts'
import type { Found } from './require.ts'

/** A real Elasticsearch or OpenSearch: one node on 127.0.0.1 with a folder of its own. */
export interface SearchServer {
  readonly url: string
  readonly name: ServerName
  /** Path of the certificate, with `security`. */
  readonly certificate: string
  /** Parsed JSON of the answer; throws with status and body on 4xx and 5xx. */
  ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>
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
  /** TLS, and users with one password; Elasticsearch only. */
  readonly security?: {
    /** A superuser. */
    readonly user: string
    readonly password: string
    /** Further users: the role of each, as roles.yml has them. */
    readonly roles?: Readonly<Record<string, object>>
  }
}

type Security = NonNullable<SearchServerOptions['security']>

/** Starts a server found by `requirePeer`; 10 to 30 s. */
export async function startSearchServer(
  name: ServerName,
  found: Found,
  options: SearchServerOptions = {},
): Promise<SearchServer> {
  const port = await freePort()
  const folder = prepareFolder(name, found, port, await freePort(), options)
  const { security } = options
  const certificate = join(folder, 'config', 'cert.pem')
  const url = `${security ? 'https' : 'http'}://127.0.0.1:${port}`
  const asking: Asking = security
    ? { url, ca: readFileSync(certificate), authorization: basic(security) }
    : { url }
  let program: Program | undefined

  const start = async () => {
    program = run(name, found, folder, options.heap ?? '768m')
    const running = program
    try {
      await waitFor(`${name} at ${url}`, () => isReady(asking, running), 180_000)
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
    certificate,
    ask: (method, path, body) => ask(asking, method, path, body),
    async kill() {
      await program?.end('SIGKILL')
      program = undefined
      // The port outlives the process's first thread for a moment.
      await waitFor(`the port of ${name} to close`, () => isClosed(asking))
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
  { security, settings = [] }: SearchServerOptions,
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
    ...(flavour === 'elasticsearch' ? [`xpack.security.enabled: ${security !== undefined}`] : []),
    ...(security ? tlsSettings : []),
    ...settings,
  ]
  writeFileSync(join(config, `${flavour}.yml`), `${lines.join('\n')}\n`)
  // The JVM's own logs and dumps would go into the shared, read-only distribution.
  const jvm = join(config, 'jvm.options')
  const inFolder = readFileSync(jvm, 'utf8').replaceAll(/=(logs|data)\b/g, `=${folder}/$1`)
  writeFileSync(jvm, inFolder)
  if (security) secure(found, config, security)
  for (const part of ['data', 'logs', 'snapshots', 'tmp']) mkdirSync(join(folder, part))
  giveAway(folder)
  return folder
}

const tlsSettings = [
  'xpack.security.http.ssl.enabled: true',
  'xpack.security.http.ssl.key: key.pem',
  'xpack.security.http.ssl.certificate: cert.pem',
]

/** Makes a certificate, and users in the server's file realm. */
function secure(found: Found, config: string, { user, password, roles = {} }: Security) {
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', join(config, 'key.pem')]
  const certificate = ['-out', join(config, 'cert.pem'), '-days', '2', '-subj', '/CN=weir-test']
  const address = ['-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...key, ...certificate, ...address], { stdio: 'ignore' })
  const env = { ...process.env, ES_JAVA_HOME: found.java, ES_PATH_CONF: config }
  const add = ['useradd', user, '-p', password, '-r', 'superuser']
  execFileSync(join(found.path, 'bin', 'elasticsearch-users'), add, { env, stdio: 'ignore' })
  const names = Object.keys(roles)
  const hash = readFileSync(join(config, 'users'), 'utf8').trim().slice(user.length)
  const lines = (texts: string[]) => texts.map((text) => `${text}\n`).join('')
  appendFileSync(join(config, 'users'), lines(names.map((name) => name + hash)))
  appendFileSync(join(config, 'users_roles'), lines(names.map((name) => `${name}:${name}`)))
  // JSON is YAML; the server wants each role to begin a line.
  const texts = Object.entries(roles).map(([name, role]) => `${name}: ${JSON.stringify(role)}`)
  writeFileSync(join(config, 'roles.yml'), lines(texts))
}

const basic = ({ user, password }: Security) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

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
async function isReady(asking: Asking, program: Program): Promise<boolean> {
  if (program.exited) throw new Error('the process ended')
  try {
    const health = await ask<{ status?: string }>(asking, 'GET', '/_cluster/health?timeout=1s')
    return health.status !== undefined && health.status !== 'red'
  } catch {
    return false
  }
}

async function isClosed(asking: Asking): Promise<boolean> {
  try {
    await ask(asking, 'GET', '/')
    return false
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  }
}
