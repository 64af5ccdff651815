import { statfs } from 'node:fs/promises'
import { gauge, type Measured } from '../measured.ts'
import type { ProcFolder } from '../proc_folder.ts'

export interface FilesystemOptions {
  readonly excludedTypes: RegExp
  readonly excludedMounts: RegExp
  readonly most: number
  /** Where the root of the machine is seen. */
  readonly root: string
}

interface Mount {
  readonly device: string
  readonly mountpoint: string
  readonly fstype: string
  readonly readonly: boolean
}

/** Answers come from another machine, which may be gone. */
const remote = /^(nfs4?|cifs|smb3|smbfs|ceph|glusterfs|fuse\..*|9p|afs|davfs)$/
const patienceMs = 1_000

/**
 * Space and files of the filesystems that `/proc/mounts` lists. One whose server is gone answers never: then it
 * is shown as an error, it is not asked again before it has answered, and no other remote one meanwhile, so
 * that at most one of Node's few threads for files waits for it.
 */
export class Filesystems {
  readonly #proc: ProcFolder
  readonly #options: FilesystemOptions
  /** Mount points that have not answered yet. */
  readonly #stuck = new Set<string>()

  constructor(proc: ProcFolder, options: FilesystemOptions) {
    this.#proc = proc
    this.#options = options
  }

  async read(): Promise<Measured[]> {
    const all: Measured[] = []
    for (const mount of this.#mounts()) all.push(...(await this.#measure(mount)))
    return all
  }

  #mounts(): Mount[] {
    const { excludedTypes, excludedMounts, most } = this.#options
    // Those of the machine, where this process has a view of its own; that takes rights.
    const text = this.#proc.read('1/mounts') ?? this.#proc.read('mounts') ?? ''
    const found = new Map<string, Mount>()
    for (const line of text.split('\n')) {
      const [device, path, fstype, options] = line.split(' ').map(unescape)
      if (options === undefined || excludedTypes.test(fstype!) || excludedMounts.test(path!))
        continue
      const mount = { device: device!, mountpoint: path!, fstype: fstype! }
      // A later mount hides an earlier one of the same place.
      found.set(path!, { ...mount, readonly: options.split(',').includes('ro') })
    }
    return [...found.values()].slice(0, most)
  }

  async #measure({ device, mountpoint, fstype, readonly }: Mount): Promise<Measured[]> {
    const labels = { device, fstype, mountpoint }
    const of = (name: string, value: number) => gauge(`node_filesystem_${name}`, value, labels)
    const space = await this.#ask(mountpoint, fstype)
    if (!space) return [of('device_error', 1), of('readonly', readonly ? 1 : 0)]
    const { bsize, blocks, bfree, bavail, files, ffree } = space
    return [
      of('size_bytes', blocks * bsize),
      of('free_bytes', bfree * bsize),
      of('avail_bytes', bavail * bsize),
      of('files', files),
      of('files_free', ffree),
      of('readonly', readonly ? 1 : 0),
      of('device_error', 0),
    ]
  }

  async #ask(mountpoint: string, fstype: string) {
    if (this.#stuck.has(mountpoint) || (remote.test(fstype) && this.#stuck.size > 0))
      return undefined
    const { root } = this.#options
    const answer = statfs(`${root === '/' ? '' : root}${mountpoint}`).catch(() => undefined)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, patienceMs, 'late')))
    const first = await Promise.race([answer, late])
    clearTimeout(timer)
    if (first !== 'late') return first
    this.#stuck.add(mountpoint)
    void answer.then(() => this.#stuck.delete(mountpoint))
    return undefined
  }
}

/** Blanks and backslashes are written in octal (fstab(5)). */
const unescape = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)))
