import { rmSync } from 'node:fs'
import { newFolder, type WeirOptions } from '../commands/weir.ts'
import { RunningWeir } from './running_weir.ts'

/** The Weirs of a test, one after the other in a folder of their own. What a failed test leaves running ends with it. */
export class Weirs {
  readonly folder = newFolder()
  readonly #started: RunningWeir[] = []

  async start(config: object, options?: WeirOptions): Promise<RunningWeir> {
    const weir = new RunningWeir(this.folder, config, options)
    this.#started.push(weir)
    await weir.said('Weir is running')
    return weir
  }

  async end(): Promise<void> {
    await this.kill()
    this.remove()
  }

  async kill(): Promise<void> {
    for (const each of this.#started) await each.kill()
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}
