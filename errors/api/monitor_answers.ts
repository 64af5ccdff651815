import type { JsonRecord } from '../../store/search.ts'
import { iso, isoOrNull, type Answering, type Asked, type Row } from './asked.ts'
import { projectBrief } from './project_json.ts'
import { answer, notFound } from './web_request.ts'

/** Scheduled jobs, by name. */
export const listMonitors: Answering = (asked) => {
  const rows = asked.rows(
    'select * from monitors where project in (select value from json_each(?)) order by name, id limit ?',
    asked.projectIds,
    asked.limit,
  )
  return answer(rows.map((row) => monitorJson(row, asked)))
}

export const oneMonitor: Answering = (asked) => answer(monitorJson(ownMonitor(asked), asked))

export const monitorCheckIns: Answering = (asked) => {
  const monitor = Number(ownMonitor(asked)['id'])
  return asked.page(
    { value: 'c.id', id: 'c.id' },
    (from, most) =>
      asked
        .rows(
          `select c.* from check_ins c where c.monitor = ? and ${from.sql} order by ${from.order} limit ?`,
          monitor,
          ...from.values,
          most,
        )
        .map((row) => ({ value: Number(row['id']), id: Number(row['id']), row })),
    (entries) => entries.map(({ row }) => checkInJson(row)),
  )
}

function ownMonitor(asked: Asked): Row {
  const name = asked.path('monitor')
  const row = asked.row(
    `select * from monitors where (slug = ? or cast(id as text) = ?)
       and project in (select value from json_each(?)) order by id limit 1`,
    name,
    name,
    asked.projectIds,
  )
  if (!row) throw notFound(`there is no monitor "${name.slice(0, 60)}"`)
  return row
}

function monitorJson(row: Row, asked: Asked): JsonRecord {
  const schedule =
    row['schedule'] === null ? null : (JSON.parse(String(row['schedule'])) as JsonRecord)
  const environments = asked.rows(
    'select * from monitor_environments where monitor = ? order by environment',
    Number(row['id']),
  )
  return {
    id: String(row['id']),
    slug: String(row['slug']),
    name: String(row['name']),
    status: row['muted'] === 1 ? 'disabled' : 'active',
    isMuted: row['muted'] === 1,
    type: 'cron_job',
    config: {
      schedule_type: (schedule?.['type'] as string | undefined) ?? null,
      schedule:
        schedule?.['type'] === 'interval'
          ? [schedule['value'] ?? null, schedule['unit'] ?? null]
          : (schedule?.['value'] ?? null),
      timezone: String(row['timezone']),
      checkin_margin: Number(row['margin_minutes']),
      max_runtime: Number(row['max_runtime_minutes']),
      failure_issue_threshold: Number(row['failure_threshold']),
      recovery_threshold: Number(row['recovery_threshold']),
      alert_rule_id: null,
    },
    dateCreated: iso(Number(row['created_ms'])),
    project: projectBrief(asked.project(Number(row['project']))),
    environments: environments.map((each) => ({
      name: String(each['environment']),
      status: String(each['status']),
      isMuted: false,
      lastCheckIn: isoOrNull(each['last_check_in_ms']),
      nextCheckIn: isoOrNull(each['next_ms']),
      nextCheckInLatest:
        each['next_ms'] === null
          ? null
          : iso(Number(each['next_ms']) + Number(row['margin_minutes']) * 60_000),
      activeIncident:
        each['incident_ms'] === null ? null : { startingTimestamp: isoOrNull(each['incident_ms']) },
    })),
  }
}

const checkInJson = (row: Row): JsonRecord => ({
  id: (row['check_in_id'] as string | null) ?? String(row['id']),
  environment: String(row['environment']),
  status: String(row['status']),
  duration: row['duration_ms'] as number | null,
  dateCreated: iso(Number(row['started_ms'])),
  dateUpdated: iso(Number(row['updated_ms'])),
  expectedTime: isoOrNull(row['expected_ms']),
  monitorConfig: null,
})
