/** What stands around a document in the journal; docs/formats/segments.md §7. */
export interface DocumentHead {
  readonly id: string
  readonly seq: number
  readonly op: 'create' | 'index' | 'delete'
  /** `_seq` of the document that this one replaces or deletes. */
  readonly replaces?: number
  readonly no_time?: boolean
}

export interface DocumentLine {
  readonly head: DocumentHead
  /** Where the document stands; empty for a deletion. */
  readonly start: number
  readonly end: number
}

/** A document's number that is no longer to be found. */
export interface Mask {
  readonly stream: string
  readonly seq: number
}

const sourceMark = Buffer.from(',"source":')

/** Reads the line from `start` to `end`, its line end excluded. @returns undefined when it is none. */
export function documentLine(bytes: Buffer, start: number, end: number): DocumentLine | undefined {
  const found = bytes.indexOf(sourceMark, start)
  const hasSource = found >= 0 && found < end
  const text = hasSource
    ? `${bytes.toString('utf8', start, found)}}`
    : bytes.toString('utf8', start, end)
  try {
    const head = (JSON.parse(text) as { '@es'?: DocumentHead })['@es']
    if (typeof head?.id !== 'string' || !Number.isSafeInteger(head.seq)) return undefined
    if (!hasSource) return head.op === 'delete' ? { head, start: end, end } : undefined
    return { head, start: found + sourceMark.length, end: end - 1 }
  } catch {
    return undefined
  }
}
