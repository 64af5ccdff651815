import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, launch, type Program, waitFor } from './process.ts'
import { isOpen } from './carbon.ts'
import type { Found } from './require.ts'

/** A real carbon-relay, which takes plaintext and sends pickles on. */
export class CarbonRelay {
  readonly port: number
  readonly #folder: string
  readonly #program: Program

  private constructor(port: number, folder: string, program: Program) {
    this.port = port
    this.#folder = folder
    this.#program = program
  }

  /** @param target the port of carbon's pickle protocol on 127.0.0.1. */
  static async start(found: Found, target: number): Promise<CarbonRelay> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-relay-'))
    const [port, pickles] = [await freePort(), await freePort()]
    for (const name of ['conf', 'log']) mkdirSync(join(folder, name))
    const config = `[relay]
USER =
CONF_DIR = ${folder}/conf
LOG_DIR = ${folder}/log
PID_DIR = ${folder}
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${port}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${pickles}
RELAY_METHOD = consistent-hashing
DESTINATIONS = 127.0.0.1:${target}:a
CARBON_METRIC_INTERVAL = 0
`
    writeFileSync(join(folder, 'conf', 'carbon.conf'), config)
    // Which it wants to read, and never uses.
    const schemas = '[all]\npattern = .*\nretentions = 10s:1h\n'
    writeFileSync(join(folder, 'conf', 'storage-schemas.conf'), schemas)
    const options = ['--config', join(folder, 'conf', 'carbon.conf')]
    const files = ['--pidfile', join(folder, 'relay.pid'), '--logdir', join(folder, 'log')]
    const program = launch(
      join(found.path, 'bin', 'carbon-relay.py'),
      ['--nodaemon', ...options, ...files, 'start'],
      { output: join(folder, 'output.log'), env: { GRAPHITE_STORAGE_DIR: folder } },
    )
    await waitFor('carbon-relay to listen', () => isOpen(port))
    return new CarbonRelay(port, folder, program)
  }

  async stop(): Promise<void> {
    await this.#program.end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
