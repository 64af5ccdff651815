import type { DatabaseSync } from 'node:sqlite'
import type { Rule } from './config.ts'
import { spoken } from './watch.ts'

const hourMs = 3_600_000

/**
 * Looks at crash-free sessions of each project that a rule is about, over the hours that the rule looks back on.
 * Says so once when too few are, and again only after enough were.
 */
export function watchCrashes(
  database: DatabaseSync,
  rules: readonly Rule[],
  slugs: ReadonlyMap<number, string>,
  nowMs: number,
): void {
  for (const rule of rules) {
    if (!rule.when.includes('crash_free_rate') || rule.below === undefined) continue
    const fromMs =
      nowMs - (nowMs % hourMs) - Math.max(0, Math.ceil(rule.within / hourMs) - 1) * hourMs
    const where = rule.environments
      ? `and environment in (select value from json_each(?2))`
      : 'and ?2 is null'
    const rows = database
      .prepare(
        `select project, sum(started) as started, sum(crashed) as crashed from session_hours
         where hour_ms >= ?1 ${where} group by project`,
      )
      .all(fromMs, rule.environments ? JSON.stringify(rule.environments) : null)
    for (const row of rows) {
      const [project, started, crashed] = [row['project'], row['started'], row['crashed']].map(
        Number,
      )
      if (rule.projects && !rule.projects.includes(slugs.get(project!) ?? '')) continue
      if (started! < rule.sessions_min) continue
      judge(database, rule, { project: project!, started: started!, crashed: crashed! }, nowMs)
    }
  }
}

function judge(
  database: DatabaseSync,
  rule: Rule,
  { project, started, crashed }: { project: number; started: number; crashed: number },
  nowMs: number,
): void {
  const percent = (1 - crashed / started) * 100
  const key = `${rule.name} crash_free_rate`
  const known = database.prepare('select 1 from alert_windows where rule = ? and subject = ?')
  const isTold = known.get(key, project) !== undefined
  if (percent >= rule.below!) {
    if (isTold) {
      database.prepare('delete from alert_windows where rule = ? and subject = ?').run(key, project)
    }
    return
  }
  if (isTold) return
  const counted = `${percent.toFixed(2)} % of ${started} sessions within ${spoken(rule.within)}, less than ${rule.below} %`
  const data = { rule: rule.name, counted, title: 'Fewer sessions are crash-free', level: 'error' }
  const insert = 'insert into triggers (kind, project, at_ms, data) values (?, ?, ?, ?)'
  database.prepare(insert).run('crash_free_rate', project, nowMs, JSON.stringify(data))
  database
    .prepare('insert into alert_windows (rule, subject, updated_ms, data) values (?, ?, ?, ?)')
    // Watch forgets old ones by their time: this one stays until the rate is well again.
    .run(key, project, Number.MAX_SAFE_INTEGER, '[]')
}
