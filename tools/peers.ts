/**
 * Installs the peers that the full test run needs, and says what there is: Debian packages by apt-get
 * (as root), Elasticsearch and OpenSearch by their Maven coordinates, unpacked into a cache folder
 * outside the tree, and packages of npm, PyPI and Go's proxy into folders of their own there. Running it again costs nothing. Ends with 1 when something could not be installed.
 * `WEIR_SERVERS=elasticsearch-9,opensearch-2` brings those too, which the tests on servers then take;
 * `WEIR_SERVERS=telegraf` what only `bench statsd` wants, and takes minutes to build.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import {
  cacheFolder,
  installedAs,
  locate,
  peers,
  type InstalledPeer,
  type PeerName,
  type ServerPeer,
} from '../test/peers/catalogue.ts'

const isAsked = (name: PeerName) =>
  !('isExtra' in peers[name]) || (process.env.WEIR_SERVERS ?? '').split(',').includes(name)
const names = (Object.keys(peers) as PeerName[]).filter(isAsked)

installPackages()
for (const name of names) {
  const peer = peers[name]
  if (peer.kind === 'program' || !isInstallable(name)) continue
  attempt(name, () => (peer.kind === 'server' ? unpack(peer) : installInto(name, peer)))
}
report()

/** What apt-get has to bring: the programs among the peers, and what brings the servers. */
function installPackages() {
  const wanted = names.flatMap((name) => {
    const peer = peers[name]
    return peer.kind === 'program' && isInstallable(name) ? [peer.debian] : []
  })
  const tools = { unzip: 'unzip', mvn: 'maven', java: 'openjdk-17-jdk-headless' }
  for (const [program, debian] of Object.entries(tools)) {
    if (!existsSync(`/usr/bin/${program}`)) wanted.push(debian)
  }
  if (wanted.length === 0) return
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(`not root, or no apt-get: install these yourself: ${wanted.join(' ')}`)
    return
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  attempt('apt-get', () => {
    execFileSync('apt-get', ['-qq', 'update'], { stdio: ['ignore', 'ignore', 'inherit'], env })
    const install = ['-qq', '-y', '--no-install-recommends', 'install', ...wanted]
    execFileSync('apt-get', install, { stdio: ['ignore', 'ignore', 'inherit'], env })
  })
}

function unpack(peer: ServerPeer) {
  const archive = fromMaven(peer.coordinates)
  const cache = cacheFolder()
  const unfinished = join(cache, `.unpacking-${process.pid}`)
  mkdirSync(unfinished, { recursive: true })
  execFileSync('unzip', ['-q', archive, '-d', unfinished])
  renameSync(join(unfinished, peer.folder), join(cache, peer.folder))
  rmSync(unfinished, { recursive: true })
}

/** `group:artifact:version`, with `:packaging` where it is no jar. Gives the file's path. */
function fromMaven(coordinates: string): string {
  const [group = '', artifact = '', version = '', packaging = 'jar'] = coordinates.split(':')
  const repository = join(homedir(), '.m2', 'repository', ...group.split('.'), artifact, version)
  const file = join(repository, `${artifact}-${version}.${packaging}`)
  if (!existsSync(file)) {
    const goal = ['dependency:get', `-Dartifact=${coordinates}`, '-Dtransitive=false']
    execFileSync('mvn', ['-q', '-B', ...goal], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return file
}

/** By the tools of its language, into `<cache>/<name>`; nothing of it goes elsewhere. */
function installInto(name: PeerName, peer: InstalledPeer) {
  const folder = join(cacheFolder(), name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const path = `${process.env.PATH ?? ''}:/usr/local/go/bin:${join(homedir(), '.cargo/bin')}`
  const run = (program: string, args: string[], env = {}, cwd = folder) =>
    execFileSync(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      cwd,
      env: { ...process.env, PATH: path, ...env },
    })
  if (peer.kind === 'python') {
    run('python3', ['-m', 'venv', folder])
    const options = ['-q', '--disable-pip-version-check']
    run(join(folder, 'bin', 'pip'), [...options, 'install', ...peer.requirements])
  } else if (peer.kind === 'go') {
    run('go', ['install', ...(peer.tags ? ['-tags', peer.tags] : []), peer.module], {
      GOBIN: folder,
      CGO_ENABLED: '0',
    })
  } else if (peer.kind === 'jar') {
    copyFileSync(fromMaven(peer.coordinates), join(folder, `${peer.coordinates.split(':')[1]}.jar`))
  } else if (peer.kind === 'built') {
    const source = join(import.meta.dirname, '..', peer.source)
    if (peer.tool === 'go') {
      const build = ['build', '-trimpath', '-o', join(folder, peer.program), '.']
      run('go', build, { CGO_ENABLED: '0' }, source)
    } else {
      // Built elsewhere and then copied: what stands between takes hundreds of megabytes.
      const built = join(folder, 'target')
      const paths = `--remap-path-prefix=${source}=/shop`
      const env = { CARGO_TARGET_DIR: built, RUSTFLAGS: paths }
      run('cargo', ['build', '--quiet', '--locked'], env, source)
      copyFileSync(join(built, 'debug', peer.program), join(folder, peer.program))
      rmSync(built, { recursive: true })
    }
  } else {
    const options = ['--ignore-scripts', '--no-audit', '--no-fund']
    if (!peer.hasBinaries) options.push('--omit=optional')
    const packages = [peer.package, ...(peer.beside ?? [])]
    run('npm', ['install', '--silent', '--prefix', folder, ...options, ...packages])
  }
  writeFileSync(join(folder, '.installed'), installedAs(peer))
}

function isInstallable(name: PeerName): boolean {
  const located = locate(name)
  return located.missing !== undefined && located.installable
}

function attempt(what: string, install: () => void) {
  try {
    install()
  } catch (failure) {
    console.log(`${what}: ${failure instanceof Error ? failure.message : String(failure)}`)
  }
}

function report() {
  for (const name of names) {
    const located = locate(name)
    const state = located.missing === undefined ? located.path : `missing: ${located.missing}`
    console.log(`${name.padEnd(16)} ${state}`)
    if (located.missing !== undefined && located.installable) process.exitCode = 1
  }
}
