import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { messageOf } from '../../core/errors.ts'
import { formatSize } from '../../core/size_text.ts'
import type { SourceMapsConfig } from './config.ts'
import type { Stored } from './lookup.ts'
import { MapUnreadable } from './mappings.ts'
import { unmapped } from './reasons.ts'
import { readSourceMap, type SourceMap } from './source_map.ts'

/** A blob as it is used, or why it cannot be. */
type Held = { readonly map: SourceMap } | { readonly script: Script } | { readonly failure: string }

/** A minified script. Lines are 0-based. */
export interface Script {
  readonly text: string
  /** Where a position is in the text; -1 beyond it. */
  offsetOf(line: number, column: number): number
}

interface Entry {
  readonly held: Held
  readonly bytes: number
}

/** Read maps and scripts by their blob, within `max_memory`: what was used longest ago goes first. */
export class MapCache {
  readonly #path: (blob: string) => string
  readonly #limits: SourceMapsConfig
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(path: (blob: string) => string, limits: SourceMapsConfig) {
    this.#path = path
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Reads a map where it is not there yet, without holding up the thread for the reading. */
  async prepare(stored: Stored): Promise<void> {
    if (this.#entries.has(stored.blob) || stored.size > this.#limits.max_map_size) return
    const bytes = await readFile(this.#path(stored.blob)).catch(() => undefined)
    if (bytes && !this.#entries.has(stored.blob)) this.#keep(stored.blob, this.#readMap(bytes))
  }

  /** The map, read now if need be, or why there is none. */
  map(stored: Stored): SourceMap | string {
    const held = this.#get(stored, (bytes) => this.#readMap(bytes))
    if ('map' in held) return held.map
    return 'failure' in held ? held.failure : unmapped.gone
  }

  /** Undefined when it cannot be read, or is too large. */
  script(stored: Stored): Script | undefined {
    const held = this.#get(stored, readScript)
    return 'script' in held ? held.script : undefined
  }

  #get(stored: Stored, read: (bytes: Buffer) => Entry): Held {
    const known = this.#entries.get(stored.blob)
    if (known) {
      this.#entries.delete(stored.blob)
      this.#entries.set(stored.blob, known)
      return known.held
    }
    const { max_map_size } = this.#limits
    if (stored.size > max_map_size) {
      const limit = `errors.source_maps.max_map_size (${formatSize(max_map_size)})`
      return { failure: `the map is larger than ${limit}` }
    }
    let bytes: Buffer
    try {
      bytes = readFileSync(this.#path(stored.blob))
    } catch {
      return { failure: unmapped.gone }
    }
    return this.#keep(stored.blob, read(bytes))
  }

  #readMap(bytes: Buffer): Entry {
    try {
      const map = readSourceMap(bytes, this.#limits.max_memory)
      return { held: { map }, bytes: map.bytes }
    } catch (failure) {
      // Out of memory for a string is no end of the world either.
      const what = failure instanceof MapUnreadable ? failure.message : messageOf(failure)
      return failed(`the map cannot be read: ${what}`)
    }
  }

  #keep(blob: string, entry: Entry): Held {
    const { max_memory } = this.#limits
    if (entry.bytes > max_memory) {
      const limit = `errors.source_maps.max_memory (${formatSize(max_memory)})`
      return this.#keep(blob, failed(`the map takes more memory than ${limit}`))
    }
    this.#entries.set(blob, entry)
    this.#bytes += entry.bytes
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#bytes <= max_memory) break
      this.#entries.delete(oldest)
      this.#bytes -= bytes
    }
    return entry.held
  }
}

/** Counted, so that no number of them fills the memory. */
const failed = (failure: string): Entry => ({ held: { failure }, bytes: 1_000 })

function readScript(bytes: Buffer): Entry {
  const text = bytes.toString('utf8')
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  const script: Script = {
    text,
    offsetOf(line, column) {
      const start = starts[line]
      if (start === undefined) return -1
      const offset = start + column
      return offset < (starts[line + 1] ?? text.length) ? offset : -1
    },
  }
  return { held: { script }, bytes: text.length + starts.length * 8 + 200 }
}

/** The map that a script's last lines name (ECMA-426 §11.1.2), `//# sourceMappingURL=…`. */
export function referenceIn(script: Script): string | undefined {
  const tail = script.text.slice(-4_096)
  const [, reference] =
    /[#@]\s*sourceMappingURL=(\S{1,2000})\s*(?:\*\/\s*)?(?:\n|$)/.exec(tail) ?? []
  return reference
}
