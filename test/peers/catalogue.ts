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
}
/** A program from a Debian package. */
export interface ProgramPeer {
  readonly kind: 'program'
  readonly debian: string
  readonly program: string
}

export const peers = {
  'elasticsearch-8': server('elasticsearch', '8.19.21', 17),
  'elasticsearch-7': server('elasticsearch', '7.17.29', 17),
  'opensearch-3': server('opensearch', '3.6.0', 21),
  nginx: program('nginx', 'nginx'),
  logrotate: program('logrotate', 'logrotate'),
  rsyslog: program('rsyslog', 'rsyslogd'),
  ab: program('apache2-utils', 'ab'),
  wrk: program('wrk', 'wrk'),
} as const

export type PeerName = keyof typeof peers
export type ServerName = 'elasticsearch-8' | 'elasticsearch-7' | 'opensearch-3'

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
  const java = findJdk(peer.jdk)
  if (!java)
    return { missing: `no JDK ${peer.jdk} or newer under /usr/lib/jvm`, installable: false }
  const path = join(cacheFolder(), peer.folder)
  if (existsSync(join(path, 'bin'))) return { path, java }
  return { missing: `${path} does not exist`, installable: true }
}

/** Looks where daemons are too: a user's PATH often lacks the sbin folders. */
function programPath(program: string): string | undefined {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':')
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
