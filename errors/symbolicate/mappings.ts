/**
 * The mappings of a source map (ECMA-426 §9), five numbers a segment in typed arrays: 20 bytes where arrays of
 * arrays take 100, and outside the heap, so that what a map costs is known to the byte.
 */
export interface Mappings {
  readonly bytes: number
  /** The segment that covers a position, 0-based; -1 when none does. Of several at the very column, the first. */
  find(line: number, column: number): number
  /** Undefined when the segment has no original position. */
  original(segment: number): OriginalPosition | undefined
  /** Where a segment begins in the generated script, 0-based. */
  generated(segment: number): { readonly line: number; readonly column: number }
  /** Index of its name, -1 when it has none. */
  nameOf(segment: number): number
}

/** 0-based; `source` and `name` are indices, `name` is -1 when there is none. */
export interface OriginalPosition {
  readonly source: number
  readonly line: number
  readonly column: number
  readonly name: number
}

/** A piece of an index map, or the whole of any other. Sections come in the order of their offsets. */
export interface MappingsSection {
  readonly mappings: string
  readonly line: number
  readonly column: number
  /** How many sources and names the sections before it have. */
  readonly firstSource: number
  readonly firstName: number
}

/** What is in a map is no source map. The text says what is wrong with it. */
export class MapUnreadable extends Error {}

/**
 * @param mostBytes of the arrays.
 * @throws MapUnreadable for what is no mapping, and for too much of it.
 */
export function packMappings(sections: readonly MappingsSection[], mostBytes: number): Mappings {
  const { segments, lines } = measure(sections)
  const bytes = segments * 20 + (lines + 1) * 4
  if (bytes > mostBytes) throw new MapUnreadable('it would take more than max_memory')
  const packer = new Packer(segments, lines)
  for (const [index, section] of sections.entries()) packer.add(section, sections[index + 1])
  return packer.finish(bytes)
}

const [comma, semicolon] = [44, 59]

/** How many segments and lines there are at most. */
function measure(sections: readonly MappingsSection[]): { segments: number; lines: number } {
  let [segments, lines] = [0, 0]
  for (const { mappings, line } of sections) {
    let count = 1
    for (let at = 0; at < mappings.length; at++) {
      const code = mappings.charCodeAt(at)
      if (code === comma) segments++
      else if (code === semicolon) count++
    }
    segments += count
    lines = Math.max(lines, line + count)
  }
  return { segments, lines }
}

const noDigit = 64
const digits = new Uint8Array(256).fill(noDigit)
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
for (let value = 0; value < 64; value++) digits[alphabet.charCodeAt(value)] = value

/** The segment read last, and what the numbers of the next are added to. */
interface SegmentState {
  /** How many numbers it had. One of two or three says no more than one of one. */
  fields: number
  column: number
  source: number
  line: number
  sourceColumn: number
  name: number
}

/** @returns where the segment ends. @throws MapUnreadable for what is no Base64 VLQ. */
function readSegment(bytes: Uint8Array, start: number, state: SegmentState): number {
  let at = start
  let field = 0
  for (; at < bytes.length; field++) {
    let digit = digits[bytes[at++]!]!
    let value = digit
    // Most numbers are of one digit.
    if (digit > 31) {
      value = digit & 31
      for (let shift = 5; digit > 31; shift += 5) {
        if (digit !== noDigit) digit = at < bytes.length ? digits[bytes[at++]!]! : noDigit
        if (digit === noDigit || shift > 30) {
          throw new MapUnreadable(`its mappings break at ${at - 1}`)
        }
        value |= (digit & 31) << shift
      }
    }
    value = value & 1 ? -(value >>> 1) : value >>> 1
    if (field === 0) state.column += value
    else if (field === 1) state.source += value
    else if (field === 2) state.line += value
    else if (field === 3) state.sourceColumn += value
    else if (field === 4) state.name += value
    const next = bytes[at]
    if (next === comma || next === semicolon) {
      field++
      break
    }
  }
  state.fields = field
  return at
}

class Packer {
  readonly #columns: Int32Array
  readonly #sources: Int32Array
  readonly #lines: Int32Array
  readonly #sourceColumns: Int32Array
  readonly #names: Int32Array
  /** First segment of each generated line, and behind the last one. */
  readonly #starts: Uint32Array
  #count = 0
  /** The generated line under way. */
  #line = 0
  #isSorted = true

  constructor(segments: number, lines: number) {
    this.#columns = new Int32Array(segments)
    this.#sources = new Int32Array(segments)
    this.#lines = new Int32Array(segments)
    this.#sourceColumns = new Int32Array(segments)
    this.#names = new Int32Array(segments)
    this.#starts = new Uint32Array(lines + 1)
  }

  add(section: MappingsSection, next: MappingsSection | undefined): void {
    if (section.line < this.#line) throw new MapUnreadable('its sections are out of order')
    const bytes = Buffer.from(section.mappings, 'latin1')
    const stop = next ?? { line: Infinity, column: 0 }
    let [line, base] = [section.line, section.column]
    this.#goTo(line)
    // What the next number of each field is added to; the first field begins anew with each line.
    const state: SegmentState = {
      fields: 0,
      column: 0,
      source: section.firstSource,
      line: 0,
      sourceColumn: 0,
      name: section.firstName,
    }
    let last = -1
    for (let at = 0; at < bytes.length;) {
      const byte = bytes[at]!
      if (byte === comma) {
        at++
      } else if (byte === semicolon) {
        at++
        if (++line > stop.line) return
        this.#goTo(line)
        base = state.column = 0
        last = -1
      } else {
        const end = readSegment(bytes, at, state)
        const column = base + state.column
        // What reaches into the next section is the next section's.
        if (line === stop.line && column >= stop.column) return
        if (column < last) this.#isSorted = false
        last = column
        this.#push(column, state)
        at = end
      }
    }
  }

  #push(column: number, { fields, source, line, sourceColumn, name }: SegmentState) {
    const at = this.#count++
    this.#columns[at] = column
    this.#sources[at] = fields < 4 ? -1 : source
    this.#lines[at] = line
    this.#sourceColumns[at] = sourceColumn
    this.#names[at] = fields < 5 ? -1 : name
  }

  #goTo(line: number): void {
    while (this.#line < line) {
      if (!this.#isSorted) this.#sortLine()
      this.#starts[++this.#line] = this.#count
    }
  }

  /** Stable, by column. */
  #sortLine(): void {
    const [from, to] = [this.#starts[this.#line]!, this.#count]
    const order = Array.from({ length: to - from }, (_, index) => from + index)
    const columns = this.#columns
    order.sort((a, b) => columns[a]! - columns[b]!)
    for (const array of [
      this.#sources,
      this.#lines,
      this.#sourceColumns,
      this.#names,
      this.#columns,
    ]) {
      array.set(
        order.map((index) => array[index]!),
        from,
      )
    }
    this.#isSorted = true
  }

  finish(bytes: number): Mappings {
    if (!this.#isSorted) this.#sortLine()
    const [columns, starts] = [this.#columns, this.#starts]
    starts.fill(this.#count, this.#line + 1)
    const lineOf = (segment: number) => lastAtMost(starts, segment, 0, starts.length)
    return {
      bytes,
      find(line, column) {
        if (line < 0 || line + 1 >= starts.length) return -1
        const [from, to] = [starts[line]!, starts[line + 1]!]
        let found = lastAtMost(columns, column, from, to)
        while (found > from && columns[found - 1] === column) found--
        return found
      },
      original: (segment) => {
        const source = this.#sources[segment] ?? -1
        if (source < 0) return undefined
        const [line, column] = [this.#lines[segment]!, this.#sourceColumns[segment]!]
        return { source, line, column, name: this.#names[segment]! }
      },
      generated: (segment) => ({ line: lineOf(segment), column: columns[segment]! }),
      nameOf: (segment) => this.#names[segment] ?? -1,
    }
  }
}

/** Index of the last value that is at most `value`, in `[from, to)` of an ascending array; -1 when there is none. */
function lastAtMost(
  array: Int32Array | Uint32Array,
  value: number,
  from: number,
  to: number,
): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (array[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low > from ? low - 1 : -1
}
