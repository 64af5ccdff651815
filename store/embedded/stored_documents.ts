import { eventId } from '../../core/journal/chunk.ts'
import type { Database } from './database.ts'
import type { Reading } from './segments/reading.ts'
import { all, any, join, type Sql, sql, verbatim } from './sql.ts'

/** A document as it is got by its id. */
export interface FoundDocument {
  readonly id: string
  /** Null for an event that Weir itself took in. */
  readonly seq: number | null
  readonly source: string
}

const noNeeds = { words: [], equals: new Map<string, readonly string[]>() }

/** Documents by index and id, in the order of `wanted`; null for what is not there. */
export async function documentsById(
  wanted: readonly { readonly index: string; readonly id: string }[],
  reading: Reading,
  database: Database,
  deadline: AbortSignal,
): Promise<(FoundDocument | null)[]> {
  const found = new Map<string, FoundDocument>()
  for (const [index, ofIndex] of Map.groupBy(wanted, (each) => each.index)) {
    const ids = [...new Set(ofIndex.map(({ id }) => id))]
    const opened = reading.open([index], noNeeds)
    try {
      const rows = await database.rows(
        sql`select _id, _seq, _journal, _ordinal, _source from ${opened.from} where _stream = ${index} and ${idsCondition(ids)}`,
        deadline,
      )
      for (const row of rows) {
        const id =
          (row['_id'] as string | null) ??
          eventId(row['_journal'] as string, Number(row['_ordinal']))
        const seq = row['_seq'] === null ? null : Number(row['_seq'])
        const known = found.get(`${index}/${id}`)
        if (known && (known.seq ?? -1) >= (seq ?? -1)) continue
        found.set(`${index}/${id}`, { id, seq, source: row['_source'] as string })
      }
    } finally {
      opened.close()
    }
  }
  return wanted.map(({ index, id }) => found.get(`${index}/${id}`) ?? null)
}

/**
 * Those of `seqs` whose rows are in the index no more, in no order. While segments of it are set aside, which may come back,
 * none is known to be gone.
 */
export async function goneOf(
  index: string,
  seqs: readonly number[],
  reading: Reading,
  database: Database,
  deadline: AbortSignal,
): Promise<number[]> {
  const opened = reading.open([index], noNeeds)
  try {
    if (opened.damaged.length > 0) return []
    const gone = new Set(seqs)
    const numbers = verbatim([0, ...gone].map((seq) => String(Math.trunc(seq))).join(', '))
    const rows = await database.rows(
      sql`select _seq from ${opened.from} where _stream = ${index} and _seq in (${numbers})`,
      deadline,
    )
    for (const row of rows) gone.delete(Number(row['_seq']))
    return [...gone]
  } finally {
    opened.close()
  }
}

/** Rows with one of the ids: given ones, or the place that Weir's own ids are made of. */
export function idsCondition(ids: readonly string[]): Sql {
  const list = join(
    ids.map((id) => sql`${id}`),
    ', ',
  )
  const places = ids.flatMap((id) => {
    const match = /^([0-9A-HJKMNP-TV-Z]{26})-(0|[1-9]\d{0,8})$/.exec(id)
    return match ? [sql`(_journal = ${match[1]!} and _ordinal = ${Number(match[2])})`] : []
  })
  const own = places.length > 0 ? [all([sql`_id is null`, any(places)])] : []
  return ids.length === 0 ? any([]) : any([sql`_id in (${list})`, ...own])
}
