import type { JsonWalk } from './json_walk.ts'
import type { JsonSink, UnreadJson } from './unread_frames.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const CLOSE = 0x7d
/** Bytes of a name or a version: characters are not more. */
const longest = 256

/** Modules that stay bytes: names and versions, as they should be. An object of so many names costs more than frames do. */
export class UnreadModules implements UnreadJson {
  readonly mark: string
  readonly #source: Buffer
  readonly #start: number
  readonly #end: number

  constructor(mark: string, source: Buffer, start: number, end: number) {
    this.mark = mark
    this.#source = source
    this.#start = start
    this.#end = end
  }

  get size(): number {
    return this.#end - this.#start
  }

  writeTo(sink: JsonSink): void {
    sink.bytes(this.#source, this.#start, this.#end)
  }

  toJSON(): string {
    return this.mark
  }
}

/**
 * Looks through an object of modules.
 *
 * @param open where it begins
 * @param max most of them
 * @returns the place behind it, or -1 for one that has to be read
 */
export function modulesEnd(walk: JsonWalk, open: number, max: number): number {
  const { bytes } = walk
  let at = open
  for (let count = 0; at === open || bytes[at] === COMMA; count++) {
    if (count === max || bytes[at + 1] !== QUOTE) return -1
    const name = walk.text(at + 2)
    if (name < 0 || name - at - 2 > longest) return -1
    if (bytes[name + 1] !== COLON || bytes[name + 2] !== QUOTE) return -1
    const version = walk.text(name + 3)
    if (version < 0 || version - name - 3 > longest) return -1
    at = version + 1
  }
  return bytes[at] === CLOSE ? at + 1 : -1
}
