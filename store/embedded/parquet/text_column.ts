import { bitsOf, hybrid } from './bit_packing.ts'
import { deltaPacked } from './delta.ts'
import { type Column, encodings, levelBytes, type Page, type Pages, Present } from './pages.ts'
import { TextDictionary } from './text_dictionary.ts'

const entriesMax = 2_000
/** A column whose values are too many for a dictionary is not tried again for so many row groups. */
const plainGroups = 15
/** Room before the texts, for what a page has there. */
const headRoom = 256 * 1_024
/** Room that is kept from one row group to the next. */
const keptBytes = 64_000_000
/** Longer ones are no bounds. */
const boundBytesMax = 128

export interface TextOptions {
  /** Whether values may be alike. */
  readonly dictionary: boolean
  /** Whether the least and the greatest are of use. */
  readonly bounds: boolean
  /** With more there are pages of about this, where every row has a text: whoever wants few unpacks no more of them. */
  readonly pageBytes: number
}

/** A page that is full: where its texts end, and how many there are up to there. */
interface Ended {
  readonly end: number
  readonly values: number
}

/** Texts in UTF-8: by numbers of a dictionary while they are few, else one behind the other. */
export class TextColumn implements Column {
  readonly #options: TextOptions
  readonly #present = new Present()
  readonly #dictionary = new TextDictionary(entriesMax)
  /** The place in the dictionary, or else the length, of each value. */
  #numbers = new Int32Array(1_024)
  #bytes = Buffer.allocUnsafe(0)
  /** The bytes of the row group before, which may still be in use. */
  #other = Buffer.allocUnsafe(0)
  #length = headRoom
  /** Where the texts of the page begin, behind room for its head, and the pages before it end. */
  #pageStart = headRoom
  #ended: Ended[] = []
  #isPlain: boolean
  #plainLeft = 0
  /** By slot: the id of the text that has an entry of the dictionary, and that. */
  #ids = new Int32Array(0)
  #entries = new Int32Array(0)

  constructor(options: TextOptions) {
    this.#options = options
    this.#isPlain = !options.dictionary
  }

  add(row: number, bytes: Buffer, start: number, end: number): void {
    if (!this.#isPlain) {
      const entry = this.#dictionary.entry(bytes, start, end)
      if (entry >= 0) {
        this.#put(row, entry)
        return
      }
      this.#becomePlain()
    }
    const length = end - start
    if (this.#length - this.#pageStart >= this.#options.pageBytes) this.#endPage()
    if (this.#length + length > this.#bytes.length) this.#grow(length)
    const out = this.#bytes
    let at = this.#length
    if (length < 64) for (let from = start; from < end; from++) out[at++] = bytes[from]!
    else bytes.copy(out, at, start, end)
    this.#length += length
    this.#put(row, length)
  }

  /** Adds a text that is the same as that of the row before, which has one. */
  addAgain(row: number, bytes: Buffer, start: number, end: number): void {
    const place = this.#present.count
    if (this.#isPlain || place === 0) this.add(row, bytes, start, end)
    else this.#put(row, this.#numbers[place - 1]!)
  }

  /** Adds a text that is known by its slot and, as long as the row group lasts, its id: never 0. */
  addKnown(row: number, slot: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (slot >= this.#ids.length) this.#makeRoom(slot)
    if (this.#ids[slot] === id) {
      this.#put(row, this.#entries[slot]!)
      return
    }
    this.add(row, bytes, start, end)
    if (this.#isPlain) return
    this.#ids[slot] = id
    this.#entries[slot] = this.#numbers[this.#present.count - 1]!
  }

  take(rows: number): Pages {
    const { count } = this.#present
    const levels = this.#present.take(rows)
    const shared = { count: rows, nulls: rows - count }
    if (!this.#isPlain) return { ...shared, ...this.#withDictionary(levels, rows, count) }
    const bounds = this.#options.bounds ? this.#bounds(count) : undefined
    const data = this.#pages(levels, rows, count)
    const isOversized = this.#other.length > keptBytes
    const next = isOversized ? Buffer.allocUnsafe(0) : this.#other
    this.#other = this.#bytes
    this.#bytes = next
    this.#length = headRoom
    this.#pageStart = headRoom
    if (this.#options.dictionary && --this.#plainLeft <= 0) this.#isPlain = false
    const encoding = encodings.deltaLength
    return { ...shared, dictionary: undefined, data, encoding, ...boundsOf(bounds) }
  }

  #makeRoom(slot: number): void {
    const length = 2 ** (32 - Math.clz32(slot))
    const [ids, entries] = [new Int32Array(length), new Int32Array(length)]
    ids.set(this.#ids)
    entries.set(this.#entries)
    this.#ids = ids
    this.#entries = entries
  }

  #put(row: number, number: number): void {
    const place = this.#present.count
    if (place === this.#numbers.length) {
      const numbers = new Int32Array(place * 2)
      numbers.set(this.#numbers)
      this.#numbers = numbers
    }
    this.#numbers[place] = number
    this.#present.add(row)
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(
      Math.max(this.#bytes.length * 2, this.#length + length + headRoom, headRoom + 65_536),
    )
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }

  #becomePlain(): void {
    const { count } = this.#present
    for (let place = 0; place < count; place++) {
      const text = this.#dictionary.text(this.#numbers[place]!)
      if (this.#length + text.length > this.#bytes.length) this.#grow(text.length)
      this.#bytes.set(text, this.#length)
      this.#length += text.length
      this.#numbers[place] = text.length
    }
    this.#clear()
    this.#isPlain = true
    this.#plainLeft = plainGroups
  }

  #endPage(): void {
    this.#ended.push({ end: this.#length, values: this.#present.count })
    this.#length += headRoom
    this.#pageStart = this.#length
  }

  #clear(): void {
    this.#dictionary.clear()
    this.#ids.fill(0)
  }

  #withDictionary(levels: Buffer, rows: number, count: number) {
    const entries = this.#dictionary.count
    const width = Math.max(1, bitsOf(entries - 1))
    const numbers = count === 0 ? Buffer.alloc(0) : hybrid(this.#numbers, count, width)
    const texts = Array.from({ length: entries }, (_, entry) => this.#dictionary.text(entry))
    let [least, most] = [texts[0], texts[0]]
    for (const text of texts) {
      if (text.compare(least!) < 0) least = text
      if (text.compare(most!) > 0) most = text
    }
    const bounds = least && most && { least: Buffer.from(least), most: Buffer.from(most) }
    const dictionary =
      entries === 0 ? undefined : { bytes: this.#dictionary.plain(), count: entries }
    this.#clear()
    return {
      dictionary,
      data: [{ bytes: Buffer.concat([levels, Buffer.from([width]), numbers]), count: rows }],
      encoding: entries === 0 ? encodings.plain : encodings.dictionary,
      ...boundsOf(bounds),
    }
  }

  /** What the texts are in, and their lengths. */
  #pages(levels: Buffer, rows: number, count: number): Page[] {
    const ended = this.#ended
    this.#ended = []
    let [from, start] = [0, headRoom]
    if (ended.length > 0 && count < rows) return [this.#onePage(levels, rows, count, ended)]
    return [...ended, { end: this.#length, values: count }].map(({ end, values }) => {
      const isAll = ended.length === 0
      const own = isAll ? levels : levelBytes(1, values - from, 1)
      const lengths = deltaPacked(this.#numbers.subarray(from, values), values - from)
      const bytes = this.#behind(Buffer.concat([own, lengths]), start, end)
      const page = { bytes, count: isAll ? rows : values - from }
      from = values
      start = end + headRoom
      return page
    })
  }

  /** Pages begin with a row, which a text's place does not tell where rows have none. */
  #onePage(levels: Buffer, rows: number, count: number, ended: readonly Ended[]): Page {
    const parts = [levels, deltaPacked(this.#numbers, count)]
    let start = headRoom
    for (const { end } of [...ended, { end: this.#length }]) {
      parts.push(this.#bytes.subarray(start, end))
      start = end + headRoom
    }
    return { bytes: Buffer.concat(parts), count: rows }
  }

  /** `head` and the texts from `start` to `end`, in one piece. */
  #behind(head: Buffer, start: number, end: number): Buffer {
    if (head.length > headRoom || start === end) {
      return Buffer.concat([head, this.#bytes.subarray(start, end)])
    }
    head.copy(this.#bytes, start - head.length)
    return this.#bytes.subarray(start - head.length, end)
  }

  #bounds(count: number): Bounds | undefined {
    if (count === 0) return undefined
    const bytes = this.#bytes
    let start = headRoom
    let leastStart = start
    let leastEnd = start + this.#numbers[0]!
    let mostStart = leastStart
    let mostEnd = leastEnd
    // No destructuring here: it would make an array for each text.
    for (let place = 0; place < count; place++) {
      const end = start + this.#numbers[place]!
      if (compare(bytes, start, end, leastStart, leastEnd) < 0) {
        leastStart = start
        leastEnd = end
      } else if (compare(bytes, start, end, mostStart, mostEnd) > 0) {
        mostStart = start
        mostEnd = end
      }
      start = end
    }
    return {
      least: Buffer.from(bytes.subarray(leastStart, leastEnd)),
      most: Buffer.from(bytes.subarray(mostStart, mostEnd)),
    }
  }
}

interface Bounds {
  readonly least: Buffer
  readonly most: Buffer
}

function boundsOf(bounds: Bounds | undefined) {
  const isShort =
    bounds && bounds.least.length <= boundBytesMax && bounds.most.length <= boundBytesMax
  return isShort ? bounds : { least: undefined, most: undefined }
}

function compare(bytes: Buffer, start: number, end: number, other: number, otherEnd: number) {
  let one = start
  let two = other
  for (; one < end && two < otherEnd; one++, two++) {
    const difference = bytes[one]! - bytes[two]!
    if (difference !== 0) return difference
  }
  return end - start - (otherEnd - other)
}
