import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, launch, type Program, waitFor } from './process.ts'
import type { Found } from './require.ts'

/** A real carbon-cache with a folder of its own: a second to a point, kept for an hour. */
export class Carbon {
  readonly port: number
  readonly picklePort: number
  readonly #programs: string
  readonly #folder: string
  readonly #queryPort: number
  #program: Program | undefined

  private constructor(found: Found, ports: readonly [number, number, number]) {
    ;[this.port, this.picklePort, this.#queryPort] = ports
    this.#programs = join(found.path, 'bin')
    this.#folder = mkdtempSync(join(tmpdir(), 'weir-carbon-'))
    for (const name of ['conf', 'whisper', 'log']) mkdirSync(join(this.#folder, name))
    const schemas = '[all]\npattern = .*\nretentions = 1s:1h\n'
    writeFileSync(join(this.#folder, 'conf', 'storage-schemas.conf'), schemas)
    writeFileSync(join(this.#folder, 'conf', 'carbon.conf'), this.#config())
  }

  static async make(found: Found): Promise<Carbon> {
    return new Carbon(found, [await freePort(), await freePort(), await freePort()])
  }

  async start(): Promise<void> {
    const config = ['--config', join(this.#folder, 'conf', 'carbon.conf')]
    const pid = ['--pidfile', join(this.#folder, 'carbon.pid')]
    const log = ['--logdir', join(this.#folder, 'log')]
    const output = join(this.#folder, 'output.log')
    const args = ['--nodaemon', ...config, ...pid, ...log, 'start']
    const env = { GRAPHITE_STORAGE_DIR: this.#folder }
    this.#program = launch(join(this.#programs, 'carbon-cache.py'), args, { output, env })
    await waitFor('carbon to listen', () => isOpen(this.picklePort))
  }

  /** Ends it as its service does. What it has not written by then is gone: that is carbon's. */
  async stop(): Promise<void> {
    await this.#program?.end('SIGTERM')
    this.#program = undefined
    await waitFor('the ports of carbon to close', async () => !(await isOpen(this.port)))
  }

  /** The values of a name by their second, as Whisper has them, of the last hour. */
  values(name: string): Map<number, number> {
    const path = join(this.#folder, 'whisper', `${name.replaceAll('.', '/')}.wsp`)
    if (!existsSync(path)) return new Map()
    const text = execFileSync(join(this.#programs, 'whisper-fetch.py'), ['--json', path], {
      encoding: 'utf8',
    })
    const { start, step, values } = JSON.parse(text) as {
      start: number
      step: number
      values: (number | null)[]
    }
    const known = values.map((value, i) => [start + i * step, value] as const)
    return new Map(known.filter((pair): pair is readonly [number, number] => pair[1] !== null))
  }

  async remove(): Promise<void> {
    await this.#program?.end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #config(): string {
    const folder = this.#folder
    return `[cache]
STORAGE_DIR = ${folder}
LOCAL_DATA_DIR = ${folder}/whisper
CONF_DIR = ${folder}/conf
LOG_DIR = ${folder}/log
PID_DIR = ${folder}
DATABASE = whisper
USER =
ENABLE_LOGROTATION = False
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${this.port}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${this.picklePort}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = ${this.#queryPort}
ENABLE_UDP_LISTENER = False
ENABLE_TAGS = False
USE_FLOW_CONTROL = True
`
  }
}

export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
