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
  /** What is larger is cut into pages of about this: whoever wants few rows unpacks no more of them. */
  readonly pageBytes: number
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
  #isPlain: boolean
  #plainLeft = 0

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

  take(rows: number): Pages {
    const { count } = this.#present
    const levels = this.#present.take(rows)
    const shared = { count: rows, nulls: rows - count }
    if (!this.#isPlain) return { ...shared, ...this.#withDictionary(levels, rows, count) }
    const bounds = this.#options.bounds ? this.#bounds(count) : undefined
    const { pageBytes } = this.#options
    const isLarge = this.#length - headRoom > pageBytes && count === rows
    const head = () => Buffer.concat([levels, deltaPacked(this.#numbers, count)])
    const data = isLarge
      ? this.#split(rows, pageBytes)
      : [{ bytes: this.#behind(head()), count: rows }]
    const isOversized = this.#other.length > keptBytes
    const next = isOversized ? Buffer.allocUnsafe(0) : this.#other
    this.#other = this.#bytes
    this.#bytes = next
    this.#length = headRoom
    if (this.#options.dictionary && --this.#plainLeft <= 0) this.#isPlain = false
    const encoding = encodings.deltaLength
    return { ...shared, dictionary: undefined, data, encoding, ...boundsOf(bounds) }
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
      Math.max(this.#bytes.length * 2, this.#length + length, headRoom + 65_536),
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
    this.#dictionary.clear()
    this.#isPlain = true
    this.#plainLeft = plainGroups
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
    this.#dictionary.clear()
    return {
      dictionary,
      data: [{ bytes: Buffer.concat([levels, Buffer.from([width]), numbers]), count: rows }],
      encoding: entries === 0 ? encodings.plain : encodings.dictionary,
      ...boundsOf(bounds),
    }
  }

  /** Texts of which every row has one, in pages of about so many bytes. */
  #split(rows: number, pageBytes: number): Page[] {
    const pages: Page[] = []
    let [from, start, end] = [0, headRoom, headRoom]
    for (let row = 0; row < rows; row++) {
      end += this.#numbers[row]!
      if (end - start < pageBytes && row < rows - 1) continue
      const count = row + 1 - from
      const lengths = deltaPacked(this.#numbers.subarray(from, row + 1), count)
      const texts = this.#bytes.subarray(start, end)
      pages.push({ bytes: Buffer.concat([levelBytes(1, count, 1), lengths, texts]), count })
      from = row + 1
      start = end
    }
    return pages
  }

  /** `head` and the texts, in one piece. */
  #behind(head: Buffer): Buffer {
    const texts = this.#bytes.subarray(headRoom, this.#length)
    if (head.length > headRoom || texts.length === 0) return Buffer.concat([head, texts])
    head.copy(this.#bytes, headRoom - head.length)
    return this.#bytes.subarray(headRoom - head.length, this.#length)
  }

  #bounds(count: number): Bounds | undefined {
    if (count === 0) return undefined
    const bytes = this.#bytes
    let at = headRoom
    let [leastStart, leastEnd, mostStart, mostEnd] = [at, at + this.#numbers[0]!, at, 0]
    mostEnd = leastEnd
    for (let place = 0; place < count; place++) {
      const end = at + this.#numbers[place]!
      if (compare(bytes, at, end, leastStart, leastEnd) < 0) [leastStart, leastEnd] = [at, end]
      else if (compare(bytes, at, end, mostStart, mostEnd) > 0) [mostStart, mostEnd] = [at, end]
      at = end
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
  let [one, two] = [start, other]
  for (; one < end && two < otherEnd; one++, two++) {
    const difference = bytes[one]! - bytes[two]!
    if (difference !== 0) return difference
  }
  return end - start - (otherEnd - other)
}
