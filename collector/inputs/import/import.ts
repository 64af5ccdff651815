import { hash } from 'node:crypto'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import type { Position } from '../../../core/journal/batch.ts'
import type { JsonObject } from '../../../core/json.ts'
import { defineInput, type Input, type InputContext } from '../../input.ts'
import { fired } from '../../../core/deadline.ts'
import { messageOf } from '../../../core/errors.ts'
import { systemTailFiles, type TailFiles } from '../tail/files.ts'
import { shardOf, familyOf, tagFor } from '../tail/names.ts'
import { tailFields, tailSchema, type TailOptions } from '../tail/options.ts'
import { ImportedFile, type Chunk } from './imported_file.ts'

const fields = {
  files: z.array(z.string().refine(isAbsolute)).describe('What to take in, in this order'),
  encoding: tailFields.encoding,
  start_pattern: z.string().optional().describe('A line that matches begins an event'),
}

/** What is needed of what `fileImport` declares. */
export interface ImportConfig extends z.output<z.ZodObject<typeof fields>> {
  readonly tag?: string | undefined
  readonly parser?: unknown
}

/** A file's position is kept so long after it was last read, so that nothing comes twice. */
const positionTtlMs = 30 * 86_400_000
const againMs = 1_000
const problemsShown = 20

/**
 * Takes files in once, one after the other, each from where an import with the same tag and parser left it:
 * what was imported does not come again, and an import that was interrupted goes on.
 */
export class FileImport implements Input {
  readonly #config: ImportConfig
  readonly #context: InputContext
  readonly #files: TailFiles
  readonly #options: TailOptions
  readonly #own: readonly { readonly path: string; readonly size: number }[]
  readonly #problems: string[] = []
  readonly #inFlight = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  #inFlightBytes = 0
  #failure: unknown
  /** What is durable, of earlier runs and of this one. */
  readonly #known: Map<string, Position>
  #running: Promise<void> | undefined
  #doneBytes = 0
  #doneFiles = 0
  #current: ImportedFile | undefined
  #done = false

  constructor(config: ImportConfig, context: InputContext, files: TailFiles = systemTailFiles) {
    this.#config = config
    this.#context = context
    this.#files = files
    this.#known = new Map(context.positions)
    const { encoding, start_pattern } = config
    const multiline = start_pattern === undefined ? undefined : { start_pattern }
    this.#options = tailSchema.parse({ paths: ['/'], encoding, multiline })
    const { index, count } = context.worker
    this.#own = config.files
      .filter((path) => shardOf(familyOf(path), count) === index)
      .map((path) => ({ path, size: this.#sizeOf(path) }))
  }

  async start(): Promise<void> {
    this.#forgetOld()
    this.#running = this.#run()
    await Promise.resolve()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort()
    const ended = (this.#running ?? Promise.resolve()).then(() => this.#settled())
    await Promise.race([ended, fired(deadline)])
  }

  /** Bytes are those on disk: of a compressed file, compressed ones. */
  status(): JsonObject {
    return {
      files: this.#own.length,
      files_done: this.#doneFiles,
      bytes: this.#doneBytes + (this.#current?.bytesRead ?? 0),
      total_bytes: this.#own.reduce((sum, { size }) => sum + size, 0),
      problems: [...this.#problems],
      done: this.#done,
    }
  }

  async #run(): Promise<void> {
    for (const { path, size } of this.#own) {
      while (!this.#stopping.signal.aborted && !(await this.#take(path))) {
        await this.#context.clock.sleep(againMs, this.#stopping.signal)
      }
      if (this.#stopping.signal.aborted) return
      this.#doneBytes += size
      this.#doneFiles += 1
    }
    await this.#settled()
    this.#done = true
  }

  /** @returns false when a delivery was refused: the file is to be read again from what is durable. */
  async #take(path: string): Promise<boolean> {
    const key = this.#keyOf(path)
    let file: ImportedFile | undefined
    try {
      file = new ImportedFile(path, this.#known.get(key), this.#options, {
        files: this.#files,
        nowMs: this.#context.clock.now(),
      })
      this.#current = file
      for await (const chunk of file.chunks()) {
        while (this.#inFlightBytes > this.#options.in_flight_bytes && this.#failure === undefined) {
          await Promise.race(this.#inFlight)
        }
        if (this.#failure !== undefined || this.#stopping.signal.aborted) break
        this.#deliver(key, chunk)
      }
      await this.#settled()
    } catch (failure) {
      await this.#settled()
      this.#problem(`${path}: ${messageOf(failure)}`)
    } finally {
      this.#current = undefined
      file?.close()
    }
    if (file?.damage !== undefined) this.#problem(`${path}: ${file.damage}`)
    if (this.#failure === undefined) return true
    if (!this.#stopping.signal.aborted) {
      this.#context.log.warn(`a delivery was refused and is repeated: ${messageOf(this.#failure)}`)
    }
    this.#failure = undefined
    return false
  }

  #deliver(key: string, { framing, consumed, position }: Chunk): void {
    const context = this.#context
    const { tag = 'import' } = this.#config
    const path = String(position['path'])
    const component = { component: context.id }
    const delivered = context.deliver({
      tag: tagFor(tag, path),
      source: framing.source,
      spans: framing.spans,
      count: framing.count,
      context: { log: { file: { path } } },
      positions: { [key]: position },
    })
    context.metrics.events_received.inc(component, framing.count)
    context.metrics.bytes_received.inc(component, consumed)
    const { nulRuns, cut, dropped, multilineCut } = framing.takeTally()
    if (nulRuns > 0) context.count('nul_run', nulRuns)
    if (cut > 0) context.count('line_too_long', cut)
    if (dropped > 0) context.count('line_too_long_dropped', dropped)
    if (multilineCut > 0) context.count('multiline_cut', multilineCut)
    this.#inFlightBytes += consumed
    const settled = delivered
      .then(
        () => void this.#known.set(key, position),
        (failure: unknown) => void (this.#failure ??= failure),
      )
      .then(() => {
        this.#inFlightBytes -= consumed
        this.#inFlight.delete(settled)
      })
    this.#inFlight.add(settled)
  }

  async #settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight)
  }

  #forgetOld(): void {
    const oldest = this.#context.clock.now() - positionTtlMs
    const old = [...this.#known].filter(([, { seen }]) => Number(seen) < oldest)
    if (old.length === 0) return
    const positions = Object.fromEntries(old.map(([key]) => [key, null]))
    for (const [key] of old) this.#known.delete(key)
    const nothing = { source: Buffer.alloc(0), spans: new Uint32Array(0), count: 0, context: {} }
    const forgotten = this.#context.deliver({ tag: 'import', ...nothing, positions })
    forgotten.catch(() => undefined)
  }

  /** The same for the same file imported in the same way. */
  #keyOf(path: string): string {
    const { tag, parser, encoding, start_pattern } = this.#config
    const what = JSON.stringify([path, tag, parser, encoding, start_pattern])
    return `${this.#context.id}/${hash('sha1', what, 'base64url').slice(0, 16)}`
  }

  #sizeOf(path: string): number {
    try {
      return this.#files.stat(path)?.size ?? 0
    } catch {
      return 0
    }
  }

  #problem(text: string): void {
    this.#context.log.warn(`a file cannot be imported: ${text}`)
    if (this.#problems.length < problemsShown) this.#problems.push(text)
  }
}

/** The id that no input of a config can have. */
export const importId = '(import)'

/** No config can name it: `weir import` adds it to a running collector, and takes it away again. */
export const fileImport = defineInput(
  'import',
  'Takes files in once.',
  fields,
  (config, context) => new FileImport(config, context),
)
