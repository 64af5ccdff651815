import { execFileSync } from 'node:child_process'
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

/** A file system of its own for a folder, so that it can be full. */
export class SmallDisk {
  readonly #ballast: string
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
    this.#ballast = join(folder, 'ballast')
  }

  /** Undefined, and said, where a test may mount nothing. */
  static mount(folder: string, size: string): SmallDisk | undefined {
    try {
      if (process.getuid?.() !== 0) throw new Error('only root may mount')
      const options = ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]
      execFileSync('mount', options, { stdio: 'ignore' })
      return new SmallDisk(folder)
    } catch {
      console.log('skipped, full disk: this machine lets no test mount a file system')
      return undefined
    }
  }

  /** To the last byte. */
  fill(): void {
    try {
      for (;;) appendFileSync(this.#ballast, Buffer.alloc(64 * 1024))
    } catch {
      // Full.
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true })
  }

  /** At once, also while a process that was killed is still ending. */
  unmount(): void {
    execFileSync('umount', ['--lazy', this.#folder])
  }
}
