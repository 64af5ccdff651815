import { hash } from 'node:crypto'
import type { FrameList } from './unread_frames.ts'

/** A shorter list is scanned as soon as it is looked for. */
const leastBytes = 2_048
const CLOSE_LIST = 0x5d
/** Bytes of a list that are looked at before all of it is. */
const samples = 128
/** Lists that begin alike; of more the one used longest ago goes. */
const mostAlike = 64
/** Numbers in all that is remembered, some 4 MB; variables count for as much as they take. Beyond it all is forgotten. */
const mostNumbers = 500_000
/** Of the variables of one frame, which are an object with places of its own. */
const numbersOfVariables = 64
/** Of a list of which nothing is known but that it came. */
const leastNumbers = 32

/** A list that came before. */
interface Entry {
  readonly rules: object
  readonly length: number
  readonly sample: number
  /** Of all its bytes, and what a scan made of them: once it comes again. Never again a list when it came otherwise. */
  digest?: string
  list?: FrameList | undefined
}

/**
 * What scans made of lists of frames, by the bytes of the lists: the same errors come again and again, and hashing a
 * list takes a sixth of scanning it. Of the lists themselves nothing is kept. Those that look alike and are not the same,
 * as their variables differ, are hashed twice and then no more.
 */
export class RememberedLists {
  readonly #byBeginning = new Map<number, Entry[]>()
  #numbers = 0

  /** What was made of the list that begins at `open`, if it came under these rules. */
  find(source: Uint8Array, open: number, rules: object): FrameList | undefined {
    const entry = this.#find(source, open, rules)
    if (entry?.list === undefined) return undefined
    if (digestOf(source, open, entry.length) === entry.digest) return entry.list
    this.#numbers -= numbersOf(entry) - leastNumbers
    entry.list = undefined
    return undefined
  }

  /** Takes note of a list that was not found, and of what was made of it. */
  keep(source: Uint8Array, open: number, rules: object, list: FrameList): void {
    const { length } = list
    if (length < leastBytes) return
    const known = this.#find(source, open, rules)
    if (known === undefined) return this.#add(source, open, rules, length)
    if (known.length !== length || known.digest !== undefined) return
    known.digest = digestOf(source, open, length)
    known.list = list
    this.#makeRoom(numbersOf(known) - leastNumbers)
  }

  #find(source: Uint8Array, open: number, rules: object): Entry | undefined {
    if (source.length - open < leastBytes) return undefined
    const alike = this.#byBeginning.get(sampleOf(source, open, leastBytes))
    if (!alike) return undefined
    const at = alike.findIndex(
      (entry) =>
        source[open + entry.length - 1] === CLOSE_LIST &&
        entry.rules === rules &&
        entry.sample === sampleOf(source, open, entry.length),
    )
    if (at > 0) alike.unshift(...alike.splice(at, 1))
    return at < 0 ? undefined : alike[0]
  }

  #add(source: Uint8Array, open: number, rules: object, length: number): void {
    this.#makeRoom(leastNumbers)
    const beginning = sampleOf(source, open, leastBytes)
    let alike = this.#byBeginning.get(beginning)
    if (!alike) this.#byBeginning.set(beginning, (alike = []))
    if (alike.length === mostAlike) this.#numbers -= numbersOf(alike.pop()!)
    alike.unshift({ rules, length, sample: sampleOf(source, open, length) })
  }

  #makeRoom(more: number): void {
    this.#numbers += more
    if (this.#numbers <= mostNumbers) return
    this.#byBeginning.clear()
    this.#numbers = more
  }
}

const numbersOf = ({ list }: Entry): number =>
  leastNumbers +
  (list ? list.places.length + list.pieces.length + list.vars.length * numbersOfVariables : 0)

const digestOf = (source: Uint8Array, open: number, length: number): string =>
  hash('sha256', source.subarray(open, open + length), 'base64')

/** Of some bytes of a list (FNV-1a). */
function sampleOf(source: Uint8Array, open: number, length: number): number {
  const step = length / samples
  let mixed = 0x811c9dc5
  for (let at = 0; at < samples; at++) {
    mixed = Math.imul(mixed ^ source[open + Math.floor(at * step)]!, 0x01000193)
  }
  return mixed
}
