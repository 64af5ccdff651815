import type { DuckDBConnection } from '@duckdb/node-api'
import { database, typesOf } from '../database.ts'
import { execute } from '../segments/duckdb.ts'
import { join, type Sql, sql, verbatim } from '../sql.ts'
import { periodBounds, periodFormat } from './layout.ts'
import { allColumns, pointColumns } from './point_columns.ts'
import type { NewPoints, PointSegment } from './point_manifest.ts'
import { rowsOf, sharedTimes } from './point_rows.ts'
import type { PointStore } from './point_store.ts'
import { keptFrom, type RetentionRules } from './retention_rules.ts'
import { rolledUp } from './roll_up.ts'

export interface MergeWorld {
  readonly rules: RetentionRules
  readonly nowMs: number
  /** Rows that lie together in a file; half of them where points were written again. */
  readonly groupRows: number
  /** Resolves when a file may be written beside questions. */
  readonly quiet: () => Promise<void>
}

/** Groups that are written at once; what is left waits for the next time. */
const groupsMax = 64
const never = new AbortController().signal

/** Rows that go into one file. */
interface Group {
  readonly stepMs: number
  readonly period: string
  readonly hasTimers: boolean
}

const others = verbatim(
  pointColumns
    .slice(4)
    .map((name) => `"${name}"`)
    .join(', '),
)

/**
 * Writes the points of `inputs`, all of one step, anew: sorted by series and time, by period, as coarse as retention
 * wants them now, without what is too old or was written again. One commit puts the new in the old ones' place.
 */
export async function mergePoints(
  store: PointStore,
  connection: DuckDBConnection,
  inputs: readonly PointSegment[],
  world: MergeWorld,
): Promise<void> {
  const { rules, nowMs } = world
  const { stepMs, period } = inputs[0]!
  const source = rowsOf(inputs, store.pathOf, [], others)
  await withRules(connection, source, rules, async (ruled) => {
    const targeted = sql`(select * exclude (rule), ${targetOf(rules, stepMs, nowMs)} as target from ${ruled})`
    const { groups, isWhole } = await groupsOf(connection, targeted)
    const [only] = groups
    const isSame = inputs.length === 1 && isWhole && groups.length === 1
    if (isSame && period !== undefined && only!.stepMs === stepMs && only!.period === period) {
      // All is well, but for rows that are gone: those wait until more are.
      const checked = { id: inputs[0]!.id, checkedMs: nowMs, rules: rules.id }
      return await store.commit({ checked: [checked] })
    }
    const lastOrder = Math.max(...inputs.map((segment) => segment.lastOrder))
    const added: NewPoints[] = []
    // Where one file ends and the next begins there are a few; it is more of them that take memory.
    const isRewritten = sharedTimes(inputs).some(({ fromMs, toMs }) => toMs > fromMs)
    const groupRows = isRewritten ? world.groupRows / 2 : world.groupRows
    try {
      for (const group of groups) {
        await world.quiet()
        const rows = sql`(select * exclude (target) from ${targeted} where ${ofGroup(group)})`
        const sorted =
          group.stepMs === 0
            ? sql`select ${allColumns} from ${rows} order by series, "type", time`
            : rolledUp(rows, group.stepMs, group.hasTimers)
        const wanted = { stepMs: group.stepMs, period: group.period, lastOrder, checkedMs: nowMs }
        const segment = await store.write(
          connection,
          sorted,
          { ...wanted, rules: rules.id },
          groupRows,
        )
        if (segment) added.push(segment)
      }
      if (!isWhole) {
        const rest = join(
          groups.map((group) => sql`not ${ofGroup(group)}`),
          ' and ',
        )
        const rows = sql`select ${allColumns} from ${targeted} where target >= 0 and ${rest}`
        const wanted = { stepMs, period: undefined, lastOrder, checkedMs: -1, rules: '' }
        const segment = await store.write(connection, rows, wanted)
        if (segment) added.push(segment)
      }
    } catch (failure) {
      await store.discard(added)
      throw failure
    }
    store.world.step('commit merge of points')
    if (!inputs.every(({ id }) => store.manifest.segments.has(id)))
      return await store.discard(added)
    await store.commit({ add: added, remove: inputs.map(({ id }) => id) })
  })
}

/** The step that a point is to have now, 0 as it came, -1: it is too old for any. */
function targetOf(rules: RetentionRules, stepMs: number, nowMs: number): Sql {
  const byRule = rules.archives.map((archives, number) => {
    const cases = archives.map((archive, place) => {
      const target = place === 0 ? stepMs : Math.max(stepMs, archive.stepMs)
      const fromMs = BigInt(keptFrom(archives, place, nowMs))
      return sql`when time >= make_timestamp_ms(${fromMs})::timestamp_ms then ${verbatim(String(target))}`
    })
    return sql`when ${verbatim(String(number))} then (case ${join(cases, ' ')} else -1 end)`
  })
  return sql`(case rule ${join(byRule, ' ')} end)`
}

/** What `targeted` falls into, the largest first, and whether these are all that is kept of it. */
async function groupsOf(
  connection: DuckDBConnection,
  targeted: Sql,
): Promise<{ groups: Group[]; isWhole: boolean }> {
  const steps = await database(connection).rows(
    sql`select distinct target from ${targeted} where target >= 0`,
    never,
  )
  const groups: (Group & { rows: number })[] = []
  for (const { target } of steps) {
    const stepMs = Number(target)
    const rows = await database(connection).rows(
      sql`select strftime(time, ${periodFormat(stepMs)}) as period, count(*) as rows, bool_or("type" = 'timer') as timers
        from ${targeted} where target = ${stepMs} group by all order by rows desc limit ${groupsMax + 1}`,
      never,
    )
    for (const row of rows) {
      const period = row['period'] as string
      const hasTimers = row['timers'] === true
      groups.push({ stepMs, period, hasTimers, rows: Number(row['rows']) })
    }
  }
  const largest = groups.toSorted((a, b) => b.rows - a.rows)
  return { groups: largest.slice(0, groupsMax), isWhole: groups.length <= groupsMax }
}

function ofGroup({ stepMs, period }: Group): Sql {
  const { fromMs, toMs } = periodBounds(stepMs, period)
  return sql`(target = ${stepMs} and time >= make_timestamp_ms(${BigInt(fromMs)})::timestamp_ms
    and time < make_timestamp_ms(${BigInt(toMs)})::timestamp_ms)`
}

/** Calls `action` with the rows of `source` and the rule of each one's series. */
async function withRules(
  connection: DuckDBConnection,
  source: Sql,
  rules: RetentionRules,
  action: (ruled: Sql) => Promise<void>,
): Promise<void> {
  if (rules.only !== undefined)
    return await action(sql`(select *, ${verbatim(String(rules.only))} as rule from ${source})`)
  const fallback = rules.archives.length - 1
  await connection.run('create or replace temp table rule_of (series varchar, rule integer)')
  try {
    const appender = await connection.createAppender('rule_of')
    const names = sql`select distinct series from ${source}`
    const result = await connection.stream(names.text, [...names.values], typesOf(names.values))
    for await (const chunk of result) {
      for (const series of chunk.getColumnValues(0) as string[]) {
        const rule = rules.ruleOf(series)
        if (rule === fallback) continue
        appender.appendVarchar(series)
        appender.appendInteger(rule)
        appender.endRow()
      }
    }
    appender.closeSync()
    await action(
      sql`(select s.*, coalesce(r.rule, ${verbatim(String(fallback))}) as rule from ${source} s left join rule_of r using (series))`,
    )
  } finally {
    await execute(connection, sql`drop table if exists rule_of`)
  }
}
