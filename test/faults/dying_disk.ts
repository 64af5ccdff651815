import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import sqlite from 'node:sqlite'

/** What a process that was killed would not have gone on to do. */
export class Died extends Error {}

/**
 * Lets a process change the disk so often, and then no more, as `kill -9` does: what it was just writing is half
 * there, and whatever tidies up afterwards changes nothing either.
 */
export class DyingDisk {
  hasDied = false
  #left: number
  readonly #undo: (() => void)[] = []

  constructor(changes: number) {
    this.#left = changes
    for (const name of ['linkSync', 'copyFileSync', 'mkdirSync', 'rmSync', 'renameSync'] as const) {
      this.#guard(fs, name)
    }
    this.#guard(fs.promises, 'rename')
    this.#guard(sqlite, 'backup')
    this.#guardFiles()
    syncBuiltinESMExports()
  }

  /** Changes go through again. */
  end(): void {
    for (const undo of this.#undo) undo()
    syncBuiltinESMExports()
  }

  #spend(): void {
    if (this.#left <= 0) this.hasDied = true
    this.#left -= 1
    if (this.hasDied) throw new Died()
  }

  #replace<T extends object, K extends keyof T>(of: T, name: K, by: T[K]): void {
    const real = of[name]
    of[name] = by
    this.#undo.push(() => (of[name] = real))
  }

  #guard<T extends object>(of: T, name: keyof T): void {
    const real = of[name] as (...given: unknown[]) => unknown
    const guarded = (...given: unknown[]) => {
      this.#spend()
      return real.apply(of, given)
    }
    this.#replace(of, name, guarded as T[typeof name])
  }

  #guardFiles(): void {
    const { open } = fs.promises
    this.#replace(fs.promises, 'open', async (path, flags, mode) => {
      if (flags !== 'r') this.#spend()
      const file = await open(path, flags, mode)
      const { writeFile } = file
      file.writeFile = async (data) => {
        const bytes = Buffer.from(data as Uint8Array)
        if (this.#left <= 0) await writeFile.call(file, bytes.subarray(0, bytes.length >> 1))
        this.#spend()
        await writeFile.call(file, bytes)
      }
      // A kill takes nothing away that was only not synced, and syncing takes its time.
      file.datasync = file.sync = () => Promise.try(() => this.#spend())
      return file
    })
  }
}
