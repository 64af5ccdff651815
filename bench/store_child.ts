import type { Answerer } from '../store/embedded/answerer.ts'
import { runChild } from '../store/embedded/child.ts'
import { sql, verbatim } from '../store/embedded/sql.ts'
import type { JsonRecord } from '../store/search.ts'

interface Asked {
  readonly columns: string
  readonly rest: string
  readonly fromMs?: number
  readonly toMs?: number
  readonly words?: string[][]
  readonly equals?: Record<string, string[]>
  /** Counts by minute and level only. */
  readonly minutes?: boolean
}

const unused = () => Promise.reject(new Error('not part of the bench'))
const minuteMs = 60_000

/** The engine's process as the bench has it: it answers SQL over what segments a question needs. */
const answerer: Answerer = {
  async search(target, request, _options, { reading, database, deadline }) {
    const asked = request as unknown as Asked
    const streams = reading.streams().map(({ name }) => name)
    const wanted = target === '*' ? streams : [target]
    if (asked.minutes === true) {
      const { counts, rest } = reading.minutes(
        wanted,
        Math.floor((asked.fromMs ?? 0) / minuteMs),
        Math.floor((asked.toMs ?? 8e12) / minuteMs),
      )
      const sums = new Map<string, number>()
      for (const { level, count } of counts) sums.set(level, (sums.get(level) ?? 0) + count)
      rest.close()
      return { rows: sums.size, read: rest.segments.length, skipped: rest.skipped }
    }
    const opened = reading.open(wanted, {
      ...(asked.fromMs !== undefined && { fromMicros: BigInt(Math.round(asked.fromMs)) * 1000n }),
      ...(asked.toMs !== undefined && { toMicros: BigInt(Math.round(asked.toMs)) * 1000n }),
      words: asked.words ?? [],
      equals: new Map(Object.entries(asked.equals ?? {})),
    })
    try {
      const rows = await database.rows(
        sql`select ${verbatim(asked.columns)} from ${opened.from} ${verbatim(asked.rest)}`,
        deadline,
      )
      const answer: JsonRecord = {
        rows: rows.length,
        read: opened.segments.length,
        skipped: opened.skipped,
      }
      return answer
    } finally {
      opened.close()
    }
  },
  count: unused,
  validate: unused,
  fieldCaps: unused,
  termsEnum: unused,
  mapping: unused,
}

runChild(answerer)
