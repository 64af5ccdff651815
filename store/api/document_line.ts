import type { Identity } from './ids.ts'

/** A change of a document as it goes into the journal. */
export interface DocumentChange {
  readonly id: string
  readonly seq: number
  readonly op: 'index' | 'create' | 'delete'
  /** `_seq` of the row that no longer holds. */
  readonly replaces?: number | undefined
  /** ISO 8601, UTC: the document's own, else when it came. */
  readonly time: string
  /** Whether `time` is not the document's own. */
  readonly noTime: boolean
  /** One line of JSON; undefined for `delete`. */
  readonly source?: Uint8Array | undefined
}

/**
 * The journal's line of a change (docs/formats/segments.md):
 * `{"@timestamp":…,"@es":{"id":…,"seq":…,"op":…,"replaces":…,"no_time":true},"source":<the document>}`.
 * The document stands behind the first `,"source":`, up to the last `}`.
 */
export function lineParts(change: DocumentChange): Uint8Array[] {
  const { id, seq, op, replaces, time, noTime, source } = change
  let head = `{"@timestamp":"${time}","@es":{"id":${JSON.stringify(id)},"seq":${seq},"op":"${op}"`
  if (replaces !== undefined) head += `,"replaces":${replaces}`
  if (noTime) head += ',"no_time":true'
  if (source === undefined) return [Buffer.from(`${head}}}\n`)]
  return [Buffer.from(`${head}},"source":`), source, lineEnd]
}

const lineEnd = Buffer.from('}\n')

/** Reads of a journal line what the table of ids keeps; undefined when it is none of ours. */
export function identityOf(index: string, line: Buffer): Identity | undefined {
  const end = line.indexOf(',"source":')
  const text = end < 0 ? line.toString() : `${line.toString('utf8', 0, end)}}`
  try {
    const { id, seq, op } = (JSON.parse(text) as { '@es': Identity })['@es']
    return { index, id, seq, op }
  } catch {
    return undefined
  }
}
