import { closeSync, openSync, readFileSync, readdirSync, readSync } from 'node:fs'

const auxiliary = { pageBytes: 6n, ticksPerSecond: 17n }

/**
 * The kernel's folder `/proc`. Its files are made in memory when they are read, so reading them at once costs
 * less than asking for them: no thread, no promise, one buffer for all.
 */
export class ProcFolder {
  readonly path: string
  /** Of a page of memory, in bytes. */
  readonly pageBytes: number
  /** Of the counters of processor time. */
  readonly ticksPerSecond: number
  #buffer = Buffer.allocUnsafe(16 * 1024)

  constructor(path: string) {
    this.path = path
    const vector = auxiliaryVector(path)
    this.pageBytes = vector.get(auxiliary.pageBytes) ?? 4096
    this.ticksPerSecond = vector.get(auxiliary.ticksPerSecond) ?? 100
  }

  /**
   * The text of a file; undefined when it cannot be read: processes end, kernels differ.
   *
   * @param isShort that it is less than a page, so that nobody has to ask whether there is more.
   */
  read(name: string, isShort = false): string | undefined {
    let file: number | undefined
    try {
      file = openSync(`${this.path}/${name}`, 'r')
      let length = 0
      for (;;) {
        const read = readSync(file, this.#buffer, length, this.#buffer.length - length, null)
        length += read
        // One line of some numbers comes whole.
        if (read === 0 || isShort) return this.#buffer.toString('utf8', 0, length)
        if (length === this.#buffer.length) this.#grow()
      }
    } catch {
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  lines(name: string): string[] {
    return (
      this.read(name)
        ?.split('\n')
        .filter((line) => line !== '') ?? []
    )
  }

  /** Names in a folder; none when it cannot be read. */
  list(name: string): string[] {
    try {
      return readdirSync(`${this.path}/${name}`)
    } catch {
      return []
    }
  }

  /** Ids of the processes that there are. */
  processes(): number[] {
    return this.list('')
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number)
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.#buffer.length * 2)
    this.#buffer.copy(larger)
    this.#buffer = larger
  }
}

/** What the kernel told this process at its start: pairs of 64-bit numbers. Empty where there is none. */
function auxiliaryVector(path: string): Map<bigint, number> {
  const found = new Map<bigint, number>()
  try {
    const bytes = readFileSync(`${path}/self/auxv`)
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      found.set(bytes.readBigUInt64LE(at), Number(bytes.readBigUInt64LE(at + 8)))
    }
  } catch {
    // A machine that shows none has the usual values.
  }
  return found
}
