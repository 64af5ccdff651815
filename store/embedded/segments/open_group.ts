import { KnownTexts } from './known_texts.ts'
import { RowColumns } from './row_columns.ts'

/** A column other than `_source` is one page of a row group: whoever wants a row unpacks it. */
export const groupRows = 40_960
const groupBytes = 24_000_000

/** A row group that is being filled, of one segment after the other. */
export class OpenGroup {
  readonly columns = new RowColumns()
  /** In the order of the file. */
  readonly named = this.columns.named()
  /** Resolves when what was taken last is written: its bytes are filled again from the take after it on. */
  written: Promise<void> = Promise.resolve()
  rows = 0
  /** Of the documents. */
  #bytes = 0
  /** Whether the row before is of the same stream and journal segment. */
  isSamePart = false

  get isFull(): boolean {
    return this.rows >= groupRows || this.#bytes >= groupBytes
  }

  /** A row was put into the columns. */
  added(sourceBytes: number): void {
    this.rows += 1
    this.#bytes += sourceBytes
  }

  /** The rows were taken out of the columns. @param written resolves when they are written. */
  taken(written: Promise<void>): void {
    this.written = written
    this.rows = 0
    this.#bytes = 0
  }
}

/** The row groups that the rows of a segment go into. */
export class OpenGroups {
  /** Texts that the columns are given by their slots. */
  readonly known = new KnownTexts()
  readonly common = new OpenGroup()
  /** Rows that tell of trouble, where there are enough of the others. */
  readonly trouble = new OpenGroup()
  readonly all: readonly OpenGroup[] = [this.common, this.trouble]
}
