import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { messageOf } from '../../core/errors.ts'
import { formatSize } from '../../core/size_text.ts'
import type { SourceMapsConfig } from './config.ts'
import type { Stored } from './lookup.ts'
import { MapUnreadable } from './mappings.ts'
import { unmapped } from './reasons.ts'
import { inlineMapIn, readScript, type Script } from './script.ts'
import { readSourceMap, type SourceMap } from './source_map.ts'

/** A blob as it is used, or why it cannot be. */
type Held = { readonly map: SourceMap } | { readonly script: Script } | { readonly failure: string }

interface Entry {
  readonly held: Held
  readonly bytes: number
}

/** Read maps and scripts, within `max_memory`: what was used longest ago goes first. */
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
    const key = keyOf(stored)
    if (this.#entries.has(key) || stored.size > this.#limits.max_map_size) return
    const bytes = await readFile(this.#path(stored.blob)).catch(() => undefined)
    if (bytes && !this.#entries.has(key)) this.#keep(key, this.#readMap(stored, bytes))
  }

  /** The map, read now if need be, or why there is none. */
  map(stored: Stored): SourceMap | string {
    const held = this.#get(stored, (bytes) => this.#readMap(stored, bytes))
    if ('map' in held) return held.map
    return 'failure' in held ? held.failure : unmapped.gone
  }

  /** Undefined when it cannot be read, or is too large. */
  script(stored: Stored): Script | undefined {
    const held = this.#get(stored, scriptEntry)
    return 'script' in held ? held.script : undefined
  }

  #get(stored: Stored, read: (bytes: Buffer) => Entry): Held {
    const key = keyOf(stored)
    const known = this.#entries.get(key)
    if (known) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
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
    return this.#keep(key, read(bytes))
  }

  #readMap({ isInline }: Stored, bytes: Buffer): Entry {
    try {
      const json = isInline ? inlineMapIn(bytes) : bytes
      if (!json) return failed(unmapped.noReference)
      const map = readSourceMap(json, this.#limits.max_memory)
      return { held: { map }, bytes: map.bytes }
    } catch (failure) {
      // Out of memory for a string is no end of the world either.
      const what = failure instanceof MapUnreadable ? failure.message : messageOf(failure)
      return failed(`the map cannot be read: ${what}`)
    }
  }

  #keep(key: string, entry: Entry): Held {
    const { max_memory } = this.#limits
    if (entry.bytes > max_memory) {
      const limit = `errors.source_maps.max_memory (${formatSize(max_memory)})`
      return this.#keep(key, failed(`the map takes more memory than ${limit}`))
    }
    this.#entries.set(key, entry)
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

function scriptEntry(bytes: Buffer): Entry {
  const script = readScript(bytes)
  return { held: { script }, bytes: script.text.length + script.lines * 8 + 200 }
}

/** A script and the map inside of it are the same blob. */
const keyOf = ({ blob, isInline }: Stored): string => (isInline ? `${blob} map` : blob)
