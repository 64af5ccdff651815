import type { JsonRecord } from '../../store/search.ts'
import { dayMs } from '../digest/span.ts'
import { orderOf } from '../releases/order.ts'
import { iso, isoOrNull, type Answering, type Asked, type Row } from './asked.ts'
import { answer, invalid, notFound } from './web_request.ts'

/** A release as issues and events name it. */
export function releaseBrief(project: number, version: string, asked: Asked): JsonRecord {
  const row = asked.row(
    'select * from releases where project = ? and version = ?',
    project,
    version,
  )
  return row ? releaseJson([row], asked) : { version, shortVersion: version, projects: [] }
}

/** Releases, the newest first: those of one version in several projects are one. */
export const listReleases: Answering = (asked) => {
  const sort = asked.query.get('sort') || 'date'
  if (sort !== 'date') {
    throw invalid(`sort: "${sort.slice(0, 30)}" is not supported for releases: expected date`)
  }
  const like = `%${(asked.query.get('query') ?? '').replaceAll(/[\\%_]/g, '\\$&')}%`
  return asked.page(
    { value: 'value', id: 'id' },
    (from, most) =>
      asked
        .rows(
          `select * from (select max(ifnull(r.released_ms, r.created_ms)) as value, min(r.id) as id, r.version from releases r
             where r.project in (select value from json_each(?)) and r.version like ? escape '\\'
             group by r.version) where ${from.sql} order by ${from.order} limit ?`,
          asked.projectIds,
          like,
          ...from.values,
          most,
        )
        .map((row) => ({
          value: Number(row['value']),
          id: Number(row['id']),
          version: String(row['version']),
        })),
    (entries) => entries.map(({ version }) => releaseJson(rowsOf(version, asked), asked)),
  )
}

function rowsOf(version: string, asked: Asked): Row[] {
  return asked.rows(
    `select * from releases where version = ? and project in (select value from json_each(?)) order by id`,
    version,
    asked.projectIds,
  )
}

/** The rows of the release that the path names. @throws WebRefusal 404 */
function ownRelease(asked: Asked): Row[] {
  const rows = rowsOf(asked.path('version'), asked)
  if (rows.length > 0) return rows
  throw notFound(`there is no release "${asked.path('version').slice(0, 200)}"`)
}

export const oneRelease: Answering = (asked) => {
  const rows = ownRelease(asked)
  const json = releaseJson(rows, asked)
  return answer({ ...json, ...healthOf(rows, asked) })
}

function releaseJson(rows: readonly Row[], asked: Asked): JsonRecord {
  const first = rows[0]!
  const version = String(first['version'])
  const sum = (column: string) => rows.reduce((all, row) => all + Number(row[column]), 0)
  const extreme = (column: string, choose: (...all: number[]) => number) => {
    const all = rows.flatMap((row) => (row[column] === null ? [] : Number(row[column])))
    return all.length === 0 ? null : choose(...all)
  }
  const data = JSON.parse(String(first['data'])) as JsonRecord
  const commits = asked.row(
    'select count(*) as n, min(id) filter (where place = 0) as last from release_commits where project = ? and version = ?',
    Number(first['project']),
    version,
  )
  const deploys = asked.row(
    'select count(*) as n from deploys where project = ? and version = ?',
    Number(first['project']),
    version,
  )
  const { package: name } = orderOf(version)
  const short = name === '' ? version : version.slice(name.length + 1)
  return {
    id: Number(first['id']),
    version,
    shortVersion: short,
    versionInfo: {
      package: name === '' ? null : name,
      version: { raw: short },
      description: short,
      buildHash: null,
    },
    status: String(data['status'] ?? 'open'),
    ref: first['ref'] as string | null,
    url: first['url'] as string | null,
    dateCreated: iso(extreme('created_ms', Math.min) ?? 0),
    dateReleased: isoOrNull(extreme('released_ms', Math.max)),
    firstEvent: isoOrNull(extreme('first_event_ms', Math.min)),
    lastEvent: isoOrNull(extreme('last_event_ms', Math.max)),
    newGroups: sum('new_issues'),
    commitCount: Number(commits?.['n']),
    deployCount: Number(deploys?.['n']),
    lastCommit: typeof commits?.['last'] === 'string' ? { id: commits['last'] } : null,
    lastDeploy: null,
    authors: [],
    owner: null,
    data: {},
    projects: rows.map((row) => {
      const { id, slug, name, platform = null } = asked.project(Number(row['project']))
      return { id, slug, name, platform, newGroups: Number(row['new_issues']) }
    }),
  }
}

/** Sessions of the release in the last day, and how many of all were its. */
function healthOf(rows: readonly Row[], asked: Asked): JsonRecord {
  const version = String(rows[0]!['version'])
  const sums = asked.row(
    `select sum(case when release = ?2 then started else 0 end) as own, sum(started) as every,
       sum(case when release = ?2 then crashed else 0 end) as crashed from session_hours
     where project in (select value from json_each(?1)) and hour_ms >= ?3`,
    JSON.stringify(rows.map((row) => Number(row['project']))),
    version,
    asked.nowMs - dayMs,
  )
  const [own, every, crashed] = ['own', 'every', 'crashed'].map((key) => Number(sums?.[key] ?? 0))
  if (!every) return { healthData: null }
  return {
    healthData: {
      totalSessions24h: own!,
      adoption: (own! / every) * 100,
      crashFreeSessions: own === 0 ? null : (1 - crashed! / own!) * 100,
      sessionsCrashed: crashed!,
    },
  }
}

export const releaseCommits: Answering = (asked) => {
  const version = asked.path('version')
  ownRelease(asked)
  const rows = asked.rows(
    `select * from release_commits where version = ? and project in (select value from json_each(?))
     group by id order by place limit ?`,
    version,
    asked.projectIds,
    asked.limit,
  )
  return answer(
    rows.map((row) => ({
      id: String(row['id']),
      message: row['message'] as string | null,
      dateCreated: isoOrNull(row['timestamp_ms']),
      repository: row['repository'] === null ? null : { name: String(row['repository']) },
      author:
        row['author_name'] === null && row['author_email'] === null
          ? null
          : {
              name: row['author_name'] as string | null,
              email: row['author_email'] as string | null,
            },
      releases: [{ version }],
    })),
  )
}

export const releaseDeploys: Answering = (asked) => {
  const version = asked.path('version')
  ownRelease(asked)
  const rows = asked.rows(
    `select * from deploys where version = ? and project in (select value from json_each(?)) order by id desc limit ?`,
    version,
    asked.projectIds,
    asked.limit,
  )
  return answer(
    rows.map((row) => ({
      id: String(row['id']),
      environment: String(row['environment']),
      name: row['name'] as string | null,
      url: row['url'] as string | null,
      dateStarted: isoOrNull(row['started_ms']),
      dateFinished: iso(Number(row['finished_ms'])),
    })),
  )
}
