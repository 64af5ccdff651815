import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** A real server of another project that tests run against. */
export interface ServerPeer {
  readonly kind: 'server'
  /** Maven coordinates, `group:artifact:version:packaging`. */
  readonly coordinates: string
  readonly folder: string
  readonly flavour: 'elasticsearch' | 'opensearch'
  readonly jdk: number
  /** Only tested where `WEIR_SERVERS` names it: one of each flavour is enough for every run. */
  readonly isExtra?: true
}
/** A program from a Debian package. */
export interface ProgramPeer {
  readonly kind: 'program'
  readonly debian: string
  readonly program: string
}

/** Python packages in a virtual environment of their own; `path` is its folder. */
export interface PythonPeer {
  readonly kind: 'python'
  /** As pip takes them, versions pinned. */
  readonly requirements: readonly string[]
}
/** A program that `go install` builds; `path` is the program. */
export interface GoPeer {
  readonly kind: 'go'
  /** `module/path@version`. */
  readonly module: string
  readonly program: string
  /** Build tags, by which a large program is built in part. */
  readonly tags?: string
  /** Only installed where `WEIR_SERVERS` names it: a bench alone wants it. */
  readonly isExtra?: true
}
/** A package of npm's, in a folder of its own; `path` is the package's folder. */
export interface NpmPeer {
  readonly kind: 'npm'
  /** `name@version`. */
  readonly package: string
  /** Installed beside it: `name@version`. */
  readonly beside?: readonly string[]
  /** Its programs are made for each platform, and come as optional packages. */
  readonly hasBinaries?: true
}
/** A library of Maven's, alone; `path` is its jar, and `java` the home of a JDK. */
export interface JarPeer {
  readonly kind: 'jar'
  /** `group:artifact:version`. */
  readonly coordinates: string
  readonly jdk: number
}
/** A program of the tests' own that has another project's library in it; `path` is the program. */
export interface BuiltPeer {
  readonly kind: 'built'
  readonly tool: 'go' | 'cargo'
  /** Folder of its sources, from the root of the tree. */
  readonly source: string
  readonly program: string
}
type Peer = ServerPeer | ProgramPeer | InstalledPeer
/** What gets a folder of its own in the cache. */
export type InstalledPeer = PythonPeer | GoPeer | NpmPeer | JarPeer | BuiltPeer

export const peers = {
  'elasticsearch-8': server('elasticsearch', '8.19.21', 17),
  'elasticsearch-7': server('elasticsearch', '7.17.29', 17),
  'opensearch-3': server('opensearch', '3.6.0', 21),
  'elasticsearch-9': { ...server('elasticsearch', '9.1.0', 21), isExtra: true },
  'opensearch-2': { ...server('opensearch', '2.19.6', 17), isExtra: true },
  nginx: program('nginx', 'nginx'),
  logrotate: program('logrotate', 'logrotate'),
  rsyslog: program('rsyslog', 'rsyslogd'),
  ab: program('apache2-utils', 'ab'),
  wrk: program('wrk', 'wrk'),
  prometheus: program('prometheus', 'prometheus'),
  promtool: program('prometheus', 'promtool'),
  node_exporter: program('prometheus-node-exporter', 'prometheus-node-exporter'),
  statsd: { kind: 'npm', package: 'statsd@0.9.0' },
  'hot-shots': { kind: 'npm', package: 'hot-shots@17.1.1' },
  statsd_exporter: {
    kind: 'go',
    module: 'github.com/prometheus/statsd_exporter@v0.31.0',
    program: 'statsd_exporter',
  },
  telegraf: {
    kind: 'go',
    module: 'github.com/influxdata/telegraf/cmd/telegraf@v1.34.4',
    program: 'telegraf',
    tags: 'custom,inputs.statsd,inputs.internal,outputs.discard,outputs.prometheus_client',
    isExtra: true,
  },
  'graphite-web': {
    kind: 'python',
    requirements: ['graphite-web==1.1.10', 'whisper==1.1.10', 'setuptools<81'],
  },
  carbon: { kind: 'python', requirements: ['carbon==1.1.10', 'whisper==1.1.10', 'setuptools<81'] },
  gunicorn: { kind: 'python', requirements: ['gunicorn==27.0.1'] },
  'statsd-clients': { kind: 'python', requirements: ['statsd==4.0.1', 'datadog==0.52.1'] },
  'sentry-node': { kind: 'npm', package: '@sentry/node@11.12.0' },
  'raven-node': { kind: 'npm', package: 'raven@2.6.4' },
  'sentry-browser': {
    kind: 'npm',
    package: '@sentry/browser@11.12.0',
    beside: ['@sentry/vite-plugin@11.9.0', 'raven-js@3.27.2', 'vite@8.3.8'],
    hasBinaries: true,
  },
  'sentry-cli-2': { kind: 'npm', package: '@sentry/cli@2.58.6', hasBinaries: true },
  'sentry-cli-3': { kind: 'npm', package: '@sentry/cli@3.8.0', hasBinaries: true },
  'sentry-bundlers': {
    kind: 'npm',
    package: '@sentry/vite-plugin@11.9.0',
    beside: [
      '@sentry/webpack-plugin@11.8.0',
      '@sentry/rollup-plugin@5.4.0',
      '@sentry/esbuild-plugin@5.4.0',
      'vite@8.3.8',
      'webpack@5.112.2',
      'rollup@4.68.7',
      'esbuild@0.28.2',
    ],
    hasBinaries: true,
  },
  'sentry-python': {
    kind: 'python',
    requirements: [
      'sentry-sdk==2.75.0',
      'Django==5.2.19',
      'Flask==3.1.3',
      'celery==5.7.0',
      'pyramid==2.1',
      'setuptools<81',
    ],
  },
  'raven-python': {
    kind: 'python',
    // The newest of each that it still works with.
    requirements: [
      'raven==6.10.0',
      'Django==2.2.28',
      'Flask==2.0.3',
      'Werkzeug==2.0.3',
      'blinker==1.9.0',
      'celery==5.2.7',
      'pyramid==1.10.8',
      'setuptools<81',
    ],
  },
  'sentry-java': { kind: 'jar', coordinates: 'io.sentry:sentry:8.62.0', jdk: 17 },
  'sentry-go': built('go', 'test/e2e/sentry_sdks/programs/go'),
  'sentry-rust': built('cargo', 'test/e2e/sentry_sdks/programs/rust'),
  chromium: program('chromium', 'chromium'),
  bugsink: { kind: 'python', requirements: ['bugsink==2.6.1', 'gunicorn==26.2.0'] },
} as const satisfies Record<string, Peer>

export type PeerName = keyof typeof peers
export const serverNames = [
  'elasticsearch-8',
  'elasticsearch-7',
  'opensearch-3',
  'elasticsearch-9',
  'opensearch-2',
] as const
export type ServerName = (typeof serverNames)[number]

/** The servers to test on: those of `WEIR_SERVERS` (names with commas between them), or `usual`. */
export function serversToTest(...usual: ServerName[]): readonly ServerName[] {
  const asked = process.env.WEIR_SERVERS?.split(',')
  return asked ? serverNames.filter((name) => asked.includes(name)) : usual
}

/** Where a peer is on this machine, or why it cannot be used. */
export type Located =
  | { readonly path: string; readonly java?: string; readonly missing?: undefined }
  | { readonly missing: string; readonly installable: boolean }

/**
 * Where servers are unpacked: `WEIR_PEERS`, else a cache folder. They refuse to run as root, so a root's
 * cache lies where the user they run as can read it.
 */
export function cacheFolder(): string {
  const root = process.getuid?.() === 0
  return (
    process.env.WEIR_PEERS ??
    (root ? '/var/cache/weir-peers' : join(homedir(), '.cache', 'weir-peers'))
  )
}

export function locate(name: PeerName): Located {
  const peer = peers[name]
  if (peer.kind === 'program') {
    const path = programPath(peer.program)
    if (path) return { path }
    return { missing: `the Debian package ${peer.debian} is not installed`, installable: true }
  }
  if (peer.kind !== 'server') return locateInstalled(name, peer)
  const java = findJdk(peer.jdk)
  if (!java)
    return { missing: `no JDK ${peer.jdk} or newer under /usr/lib/jvm`, installable: false }
  const path = join(cacheFolder(), peer.folder)
  if (existsSync(join(path, 'bin'))) return { path, java }
  return { missing: `${path} does not exist`, installable: true }
}

/** What `tools/peers.ts` puts into the cache folder by the tools that each language has. */
function locateInstalled(name: string, peer: InstalledPeer): Located {
  const folder = join(cacheFolder(), name)
  const { path, tool } = placeOf(folder, peer)
  const jdk = peer.kind === 'jar' ? findJdk(peer.jdk) : ''
  if (jdk === undefined) return { missing: 'no JDK under /usr/lib/jvm', installable: false }
  if (isInstalled(folder, peer)) return jdk ? { path, java: jdk } : { path }
  const missing = `${path} does not exist`
  if (programPath(tool)) return { missing, installable: true }
  return { missing: `${missing}, and there is no ${tool} to install it`, installable: false }
}

function placeOf(folder: string, peer: InstalledPeer): { path: string; tool: string } {
  switch (peer.kind) {
    case 'python':
      return { path: folder, tool: 'python3' }
    case 'go':
      return { path: join(folder, peer.program), tool: 'go' }
    case 'npm':
      return { path: join(folder, 'node_modules', packageName(peer)), tool: 'npm' }
    case 'jar':
      return { path: join(folder, `${peer.coordinates.split(':')[1]}.jar`), tool: 'mvn' }
    case 'built':
      return { path: join(folder, peer.program), tool: peer.tool }
  }
}

/**
 * The file `.installed` is written last, so that a broken install is not taken for one. It holds what was installed:
 * where the catalogue, or a program's source, says another thing by now, that is not what is there.
 */
function isInstalled(folder: string, peer: InstalledPeer): boolean {
  const marker = join(folder, '.installed')
  if (!existsSync(marker)) return false
  const installed = readFileSync(marker, 'utf8')
  return installed === '' || installed === installedAs(peer)
}

/** What a peer is made of, as `.installed` keeps it. */
export function installedAs(peer: InstalledPeer): string {
  const hash = createHash('sha256').update(JSON.stringify(peer))
  if (peer.kind === 'built') {
    const source = join(import.meta.dirname, '../..', peer.source)
    const names = readdirSync(source, { recursive: true, encoding: 'utf8' }).toSorted()
    for (const path of names.map((name) => join(source, name)))
      if (statSync(path).isFile()) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}

const packageName = ({ package: text }: NpmPeer) => text.slice(0, text.lastIndexOf('@'))

/** Looks where daemons are too: a user's PATH often lacks the sbin folders, and those of languages. */
function programPath(program: string): string | undefined {
  const more = ['/usr/sbin', '/sbin', '/usr/local/go/bin', join(homedir(), '.cargo/bin')]
  const folders = [...(process.env.PATH ?? '').split(':'), ...more]
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path))
}

/** The oldest JDK under /usr/lib/jvm (or JAVA_HOME) that is new enough. */
function findJdk(atLeast: number): string | undefined {
  const folder = '/usr/lib/jvm'
  const names = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
  const homes = [...names, process.env.JAVA_HOME ?? ''].filter((home) =>
    existsSync(join(home, 'bin', 'java')),
  )
  const versions = homes.map((home) => ({ home, version: jdkVersion(home) }))
  return versions
    .filter(({ version }) => version >= atLeast)
    .toSorted((a, b) => a.version - b.version)[0]?.home
}

function jdkVersion(home: string): number {
  const release = join(home, 'release')
  if (!existsSync(release)) return 0
  return Number(/JAVA_VERSION="(\d+)/.exec(readFileSync(release, 'utf8'))?.[1] ?? 0)
}

function server(flavour: 'elasticsearch' | 'opensearch', version: string, jdk: number): ServerPeer {
  const group =
    flavour === 'elasticsearch' ? 'org.elasticsearch.distribution' : 'org.opensearch.distribution'
  return {
    kind: 'server',
    flavour,
    coordinates: `${group}.integ-test-zip:${flavour}:${version}:zip`,
    folder: `${flavour}-${version}`,
    jdk,
  }
}

function built(tool: 'go' | 'cargo', source: string): BuiltPeer {
  return { kind: 'built', tool, source, program: 'shop' }
}

function program(debian: string, name: string): ProgramPeer {
  return { kind: 'program', debian, program: name }
}
