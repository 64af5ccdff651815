import { readFileSync, statSync } from 'node:fs'

/** Names of users by their ids, from `etc/passwd`, read again when it changed. */
export class Users {
  readonly #path: string
  #changedMs = -1
  #names = new Map<number, string>()

  constructor(root: string) {
    this.#path = `${root === '/' ? '' : root}/etc/passwd`
  }

  /** Looks whether the file changed. */
  refresh(): void {
    try {
      const { mtimeMs } = statSync(this.#path)
      if (mtimeMs === this.#changedMs) return
      this.#changedMs = mtimeMs
      const fields = readFileSync(this.#path, 'utf8')
        .split('\n')
        .map((line) => line.split(':', 3))
      this.#names = new Map(fields.map(([name, , id]) => [Number(id), name!]))
    } catch {
      // Without the file users have their numbers.
    }
  }

  /** The number itself for a user without a name. */
  nameOf(id: number | undefined): string {
    return id === undefined ? 'unknown' : (this.#names.get(id) ?? String(id))
  }
}
