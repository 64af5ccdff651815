import { watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'

/** Events of one folder between two polls beyond which it is no longer listened to. */
const busy = 64
/** Folders watched at most: each takes one of the system's inotify watches. */
const maxFolders = 256

/**
 * Wakes the tail before its next look. One watch for each folder, none for each file, so ten thousand
 * files cost nothing; a folder whose files are written all the time is polled anyway and is left
 * alone. Nothing depends on a hint: without them a change is seen at the next look.
 */
export class Hints {
  readonly #enabled: boolean
  readonly #watchers = new Map<string, FSWatcher | undefined>()
  readonly #events = new Map<string, number>()
  #paths = new Set<string>()
  #wake = new AbortController()

  constructor(enabled: boolean) {
    this.#enabled = enabled
  }

  /** Watches these folders, as far as the system allows. */
  watch(folders: readonly string[]): void {
    if (!this.#enabled) return
    for (const folder of folders) {
      if (this.#watchers.has(folder) || this.#watchers.size >= maxFolders) continue
      this.#watchers.set(folder, this.#start(folder))
    }
  }

  /** Fires at the next event. */
  woken(): AbortController {
    this.#wake = new AbortController()
    if (this.#paths.size > 0) this.#wake.abort()
    return this.#wake
  }

  /** Paths that something happened to since the last call. */
  take(): ReadonlySet<string> {
    const paths = this.#paths
    this.#paths = new Set()
    this.#events.clear()
    return paths
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher?.close()
    this.#watchers.clear()
  }

  #start(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        const events = (this.#events.get(folder) ?? 0) + 1
        this.#events.set(folder, events)
        if (events > busy) this.#stop(folder)
        else if (name !== null) {
          this.#paths.add(join(folder, name))
          this.#wake.abort()
        }
      })
      watcher.on('error', () => this.#stop(folder))
      return watcher
    } catch {
      return undefined
    }
  }

  #stop(folder: string) {
    this.#watchers.get(folder)?.close()
    this.#watchers.set(folder, undefined)
  }
}
