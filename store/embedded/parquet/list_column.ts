import { type Column, encodings, levelBytes, type Pages } from './pages.ts'

/** Lists of texts, in few rows. */
export class ListColumn implements Column {
  #lists: { row: number; texts: readonly string[] }[] = []

  /** @param texts at least one. */
  add(row: number, texts: readonly string[]): void {
    this.#lists.push({ row, texts })
  }

  take(rows: number): Pages {
    const lists = this.#lists
    this.#lists = []
    const extra = lists.reduce((sum, { texts }) => sum + texts.length - 1, 0)
    const defined = new Int32Array(lists.length === 0 ? 0 : rows + extra)
    const repeated = new Int32Array(defined.length)
    const values: Buffer[] = []
    let added = 0
    for (const { row, texts } of lists) {
      for (const [place, text] of texts.entries()) {
        const at = row + added + place
        defined[at] = 3
        if (place > 0) repeated[at] = 1
        const bytes = Buffer.from(text)
        const length = Buffer.alloc(4)
        length.writeUInt32LE(bytes.length)
        values.push(length, bytes)
      }
      added += texts.length - 1
    }
    const count = rows + extra
    const isEmpty = lists.length === 0
    const levels = [
      levelBytes(isEmpty ? 0 : repeated, count, 1),
      levelBytes(isEmpty ? 0 : defined, count, 3),
    ]
    return {
      count,
      dictionary: undefined,
      data: [{ bytes: Buffer.concat([...levels, ...values]), count }],
      encoding: encodings.plain,
      nulls: rows - lists.length,
      least: undefined,
      most: undefined,
    }
  }
}
