import { machine } from 'node:os'
import type { HostConfig } from './config.ts'
import { gauge, type Measured } from './measured.ts'
import { ProcFolder } from './proc_folder.ts'
import { cpu } from './sources/cpu.ts'
import { disks } from './sources/disks.ts'
import { Filesystems } from './sources/filesystems.ts'
import { kernel } from './sources/kernel.ts'
import { load } from './sources/load.ts'
import { memory, paging } from './sources/memory.ts'
import { interfaces, protocols, sockets } from './sources/network.ts'
import { ownProcess } from './sources/own_process.ts'
import { pressure } from './sources/pressure.ts'
import { Processes } from './sources/processes.ts'

/** Everything that is measured of the machine. A kernel that lacks something has less. */
export class Readings {
  readonly #proc: ProcFolder
  readonly #config: HostConfig
  readonly #now: () => number
  readonly #pid: number
  readonly #excluded: { readonly disks: RegExp; readonly interfaces: RegExp }
  readonly #filesystems: Filesystems
  readonly #processes: Processes | undefined
  #underWay: Promise<Measured[]> | undefined

  constructor(config: HostConfig, world: { readonly now: () => number; readonly pid: number }) {
    const { proc, root, max_devices: most } = config
    this.#config = config
    this.#now = world.now
    this.#pid = world.pid
    this.#proc = new ProcFolder(proc)
    this.#excluded = {
      disks: new RegExp(config.exclude_disks, 'u'),
      interfaces: new RegExp(config.exclude_interfaces, 'u'),
    }
    this.#filesystems = new Filesystems(this.#proc, {
      excludedTypes: new RegExp(config.exclude_filesystem_types, 'u'),
      excludedMounts: new RegExp(config.exclude_mounts, 'u'),
      most,
      root,
    })
    if (config.processes) {
      this.#processes = new Processes(this.#proc, { most: config.max_process_groups, root })
    }
  }

  /** Whoever asks while a reading is under way gets that one. */
  async read(): Promise<readonly Measured[]> {
    this.#underWay ??= this.#read().finally(() => (this.#underWay = undefined))
    return await this.#underWay
  }

  async #read(): Promise<Measured[]> {
    const proc = this.#proc
    const { max_devices: most } = this.#config
    const processors = cpu(proc)
    const boot = processors.find(({ name }) => name === 'node_boot_time_seconds')?.value ?? NaN
    return [
      ...processors,
      ...load(proc),
      ...memory(proc),
      ...paging(proc),
      ...pressure(proc),
      ...disks(proc, { excluded: this.#excluded.disks, most }),
      ...interfaces(proc, { excluded: this.#excluded.interfaces, most }),
      ...protocols(proc),
      ...sockets(proc),
      ...kernel(proc, machine()),
      gauge('node_time_seconds', this.#now() / 1000),
      ...(await this.#filesystems.read()),
      ...(this.#processes?.read() ?? []),
      ...ownProcess(proc, this.#pid, boot),
    ]
  }
}
