import type { Context } from '../../core/context.ts'
import { messageOf } from '../../core/errors.ts'
import type { Files } from '../../core/files.ts'
import type { FlushConfig } from './config.ts'

type KeyFlushConfig = FlushConfig['key_flush']

/** Etsy's key flush: how often each name came, the busiest first, now and then into a file or the log. */
export class KeyFlush {
  readonly #config: KeyFlushConfig
  readonly #world: { readonly files: Files; readonly context: Context }
  #counts = new Map<string, number>()
  #dueMs: number
  #writing: Promise<void> = Promise.resolve()

  constructor(config: KeyFlushConfig, world: { readonly files: Files; readonly context: Context }) {
    this.#config = config
    this.#world = world
    this.#dueMs = world.context.clock.monotonic() + config.interval
  }

  add(key: string, count: number): void {
    if (count > 0) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
  }

  /** A flush is complete: writes the list when it is due. */
  flushed(): void {
    const { clock } = this.#world.context
    if (clock.monotonic() < this.#dueMs) return
    this.#dueMs += this.#config.interval
    const counts = this.#counts
    this.#counts = new Map()
    this.#writing = this.#writing.then(() =>
      this.#write(keyLines(counts, this.#config.percent, new Date(clock.now()))),
    )
  }

  async #write(lines: readonly string[]): Promise<void> {
    const { files, context } = this.#world
    const { log: path } = this.#config
    try {
      if (path === undefined) for (const line of lines) context.log.info(line)
      else if (lines.length > 0) await files.append(path, lines.map((line) => `${line}\n`).join(''))
    } catch (failure) {
      context.log.error({ file: path }, `the key flush cannot be written: ${messageOf(failure)}`)
    }
  }
}

/** `<time> count=<n> key=<name>`, as Etsy's statsd writes it. */
export function keyLines(counts: ReadonlyMap<string, number>, percent: number, at: Date): string[] {
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one)
  const shown = sorted.slice(0, Math.ceil(sorted.length * (percent / 100)))
  return shown.map(([key, count]) => `${String(at)} count=${count} key=${key}`)
}
