import type { Answered, AnsweredStruct } from '../../database.ts'
import { all, identifier, sql, type Sql } from '../../sql.ts'
import type { Bucket, Frame, Group } from './aggregation.ts'

/** Of a single bucket the tuple is that of the buckets around it. */
export function keysOf(bucket: Bucket): readonly Answered[] {
  const keys: Answered[] = []
  for (let each: Bucket | undefined = bucket; each; each = each.parent) {
    if (each.key !== undefined) keys.unshift(each.key)
  }
  return keys
}

/** Only rows of these buckets. */
export function keptOf(frame: Frame, buckets: readonly Bucket[]): Sql {
  const type = Object.fromEntries(frame.types.map((each, at) => [`c${at}`, each]))
  const tuples = buckets
    .filter(({ count }) => count > 0)
    .map(
      (bucket) =>
        `{${keysOf(bucket)
          .map((key, at) => `"c${at}":${jsonOf(key)}`)
          .join(',')}}`,
    )
  const same = frame.types.map((_, at) => {
    return sql`r.${identifier(`_k${at}`)} is not distinct from kept.${identifier(`c${at}`)}`
  })
  const list = sql`from_json(${`[${tuples.join(',')}]`}, ${JSON.stringify([type])})`
  return sql`select r.* from (${frame.rows}) r semi join
    (select unnest(${list}, max_depth := 2)) kept on ${all(same)}`
}

/** What tells tuples of one depth apart. */
export const tupleId = (keys: readonly Answered[]): string => keys.map(jsonOf).join()

/** JSON with whole numbers of any size. */
export function jsonOf(value: Answered): string {
  if (typeof value === 'bigint') return value.toString()
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const parts = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${jsonOf(each)}`)
  return `{${parts.join(',')}}`
}

/** Answered rows by the bucket around them. */
export function groupsOf(
  rows: readonly AnsweredStruct[],
  depth: number,
  always: readonly Answered[],
): (parent: Bucket) => readonly Group[] {
  const byParent = new Map<string, Group[]>()
  for (const row of rows) {
    const keys = Array.from({ length: depth }, (_, at) => row[`_k${at}`]!)
    const id = tupleId(keys)
    const groups = byParent.get(id) ?? []
    const [key, count, total] = [row[`_k${depth}`]!, Number(row._count), Number(row._total)]
    groups.push({ key, count, row, total })
    byParent.set(id, groups)
  }
  return (parent) => {
    const groups = byParent.get(tupleId(keysOf(parent))) ?? []
    if (always.length === 0) return groups
    const known = new Set(groups.map(({ key }) => jsonOf(key)))
    const empty = always.filter((key) => !known.has(jsonOf(key)))
    return [...groups, ...empty.map((key) => ({ key, count: 0, row: undefined, total: 0 }))]
  }
}
