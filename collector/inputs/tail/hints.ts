import { watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import { nativePath } from './native_path.ts'

/** Folders watched at most: each takes one of the system's inotify watches. */
const maxFolders = 256
/** Notifications that may come at once, of a rotation for example, before their rate counts. */
const burst = 64
/**
 * How long a folder that told too much is left alone: twice as long each time that it does so again. To find out that
 * a hundred folders are as busy as ever takes 50 ms.
 */
const restMs = 300_000
const longestRestMs = 8 * restMs
const rememberedRests = 4 * maxFolders

/**
 * Wakes the tail before its next look. One watch for each folder, none for each file, so ten thousand
 * files cost nothing. A notification takes 0.1 ms, thirty times what a look takes, so there is a budget
 * for them: the folder that exceeds it is looked at only, for a while. Nothing depends on a hint:
 * without them a change is seen at the next look.
 */
export class Hints {
  readonly #perSecond: number
  readonly #monotonic: () => number
  readonly #watchers = new Map<string, FSWatcher | undefined>()
  /** Folders that are left alone, or were. */
  readonly #rests = new Map<string, { readonly untilMs: number; readonly forMs: number }>()
  #left = burst
  #refilledAt: number
  #paths = new Set<string>()
  #wake = new AbortController()

  /**
   * @param perSecond notifications that all folders together may cause; 0 for no watches.
   * @param monotonic milliseconds.
   */
  constructor(perSecond: number, monotonic: () => number) {
    this.#perSecond = perSecond
    this.#monotonic = monotonic
    this.#refilledAt = monotonic()
  }

  /** Watches these folders, as far as the system allows. */
  watch(folders: readonly string[]): void {
    if (this.#perSecond === 0) return
    for (const folder of folders) {
      if (this.#watchers.has(folder) || this.#watchers.size >= maxFolders) continue
      if (!this.#isResting(folder)) this.#watchers.set(folder, this.#start(folder))
    }
  }

  get watched(): number {
    return this.#watchers.size
  }

  /** Fires at the next event. */
  woken(): AbortController {
    this.#wake = new AbortController()
    if (this.#paths.size > 0) this.#wake.abort('hint')
    return this.#wake
  }

  /** Paths that something happened to since the last call. */
  take(): ReadonlySet<string> {
    const paths = this.#paths
    if (paths.size > 0) this.#paths = new Set()
    return paths
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher?.close()
    this.#watchers.clear()
  }

  #start(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(nativePath(folder), { persistent: false }, (_event, name) => {
        if (name !== null) this.#paths.add(join(folder, name))
        if (!this.#pay()) this.#rest(folder)
        // With a reason: without one, an error with its stack is made each time.
        if (!this.#wake.signal.aborted) this.#wake.abort('hint')
      })
      watcher.on('error', () => this.#rest(folder))
      return watcher
    } catch {
      return undefined
    }
  }

  /** Takes one notification from the budget; false when it is used up. */
  #pay(): boolean {
    const now = this.#monotonic()
    const more = ((now - this.#refilledAt) / 1000) * this.#perSecond
    this.#left = Math.min(burst, this.#left + more)
    this.#refilledAt = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  #rest(folder: string) {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
    const now = this.#monotonic()
    const last = this.#rests.get(folder)
    const isAgain = last !== undefined && now - last.untilMs < last.forMs
    const forMs = isAgain ? Math.min(2 * last.forMs, longestRestMs) : restMs
    this.#rests.delete(folder)
    this.#rests.set(folder, { untilMs: now + forMs, forMs })
    if (this.#rests.size <= rememberedRests) return
    const [oldest] = this.#rests.keys()
    this.#rests.delete(oldest!)
  }

  #isResting(folder: string): boolean {
    return this.#monotonic() < (this.#rests.get(folder)?.untilMs ?? -Infinity)
  }
}
