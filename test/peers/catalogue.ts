import { existsSync, readdirSync, readFileSync } from 'node:fs'
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
}
/** A package of npm's, in a folder of its own; `path` is the package's folder. */
export interface NpmPeer {
  readonly kind: 'npm'
  /** `name@version`. */
  readonly package: string
}
type Peer = ServerPeer | ProgramPeer | PythonPeer | GoPeer | NpmPeer

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
  'graphite-web': {
    kind: 'python',
    requirements: ['graphite-web==1.1.10', 'whisper==1.1.10', 'setuptools<81'],
  },
  carbon: { kind: 'python', requirements: ['carbon==1.1.10', 'whisper==1.1.10', 'setuptools<81'] },
  gunicorn: { kind: 'python', requirements: ['gunicorn==27.0.1'] },
  'statsd-clients': { kind: 'python', requirements: ['statsd==4.0.1', 'datadog==0.52.1'] },
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
function locateInstalled(name: string, peer: PythonPeer | GoPeer | NpmPeer): Located {
  const folder = join(cacheFolder(), name)
  const [path, tool] = {
    python: () => [folder, 'python3'] as const,
    go: () => [join(folder, (peer as GoPeer).program), 'go'] as const,
    npm: () => [join(folder, 'node_modules', packageName(peer as NpmPeer)), 'npm'] as const,
  }[peer.kind]()
  // Written last, so that a broken install is not taken for one.
  if (existsSync(join(folder, '.installed'))) return { path }
  const missing = `${path} does not exist`
  if (programPath(tool)) return { missing, installable: true }
  return { missing: `${missing}, and there is no ${tool} to install it`, installable: false }
}

const packageName = ({ package: text }: NpmPeer) => text.slice(0, text.lastIndexOf('@'))

/** Looks where daemons are too: a user's PATH often lacks the sbin folders. */
function programPath(program: string): string | undefined {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/local/go/bin`.split(':')
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

function program(debian: string, name: string): ProgramPeer {
  return { kind: 'program', debian, program: name }
}
