import type { JsonRecord } from '../../store/search.ts'
import { dayMs, dayOf } from '../digest/span.ts'
import { shortIdParts } from '../search/short_id.ts'
import { activityOf, activityPage } from './activity_json.ts'
import { iso, isoOrNull, type Answering, type Asked, type Row } from './asked.ts'
import { eventBrief, eventColumns, eventTables, keptEvent } from './event_json.ts'
import { feedbackJson } from './feedback_answers.ts'
import { issuesJson, userJson } from './issue_json.ts'
import { issueOfShortId } from './issue_list.ts'
import { issueOf } from './issue_of.ts'
import { releaseBrief } from './release_answers.ts'
import { issueTag, issueTags, placedValue, tagValues, valueJson, valuePlaces } from './tag_json.ts'
import { answer, notFound } from './web_request.ts'

/** One issue with its activity, tags, releases and counts; with `environment` those counts that are known by it. */
export const oneIssue: Answering = (asked) => {
  const row = issueOf(asked)
  const id = Number(row['id'])
  asked.ofAllEnvironments('stats, userCount, keptEvents, tags other than environment')
  return answer({ ...issueFull(id, row, asked), ...inEnvironments(id, asked) })
}

/** What is counted of an issue by environment. */
function inEnvironments(id: number, asked: Asked): JsonRecord {
  if (asked.environments.length === 0) return {}
  const row = asked.row(
    `select sum(events) as n, min(first_seen_ms) as first_ms, max(last_seen_ms) as last_ms
     from issue_environments where issue = ? and environment in (select value from json_each(?))`,
    id,
    JSON.stringify(asked.environments),
  )
  return {
    count: String(row?.['n'] ?? 0),
    firstSeen: isoOrNull(row?.['first_ms']),
    lastSeen: isoOrNull(row?.['last_ms']),
  }
}

export function issueFull(id: number, row: Row, asked: Asked): JsonRecord {
  const [brief] = issuesJson([id], asked)
  const project = Number(row['project'])
  const release = (name: unknown) =>
    typeof name === 'string' ? releaseBrief(project, name, asked) : null
  const feedback = asked.row('select count(*) as n from feedback where issue = ?', id)
  const bookmarks = asked.rows('select actor from bookmarks where issue = ? limit 100', id)
  return {
    ...brief,
    stats: { ...(brief?.['stats'] as JsonRecord), '30d': daysOf(id, asked) },
    activity: [...activityOf(id, asked)],
    firstRelease: release(row['first_release']),
    lastRelease: release(row['last_release']),
    tags: issueTags(id, asked).map(({ key, name, totalValues, uniqueValues }) => ({
      key: key!,
      name: name!,
      totalValues: totalValues!,
      uniqueValues: uniqueValues!,
    })),
    participants: bookmarks.map(({ actor }) => userJson(String(actor))),
    seenBy: [],
    userReportCount: Number(feedback?.['n']),
    pluginActions: [],
    pluginContexts: [],
    pluginIssues: [],
    openPeriods: null,
    // Weir's own: events whose body is kept, and whether the message is part of the group.
    keptEvents: Number(row['kept']),
    splitByMessage: row['split_by_message'] === 1,
  }
}

function daysOf(id: number, asked: Asked): [number, number][] {
  const fromMs = dayOf(asked.nowMs) - 29 * dayMs
  const rows = asked.rows(
    `select day_ms, sum(events) as n from (
       select hour_ms - hour_ms % ?3 as day_ms, events from issue_hours where issue = ?1 and hour_ms >= ?2
       union all select day_ms, events from issue_days where issue = ?1 and day_ms >= ?2)
     group by day_ms`,
    id,
    fromMs,
    dayMs,
  )
  const counts = new Map(rows.map((row) => [Number(row['day_ms']), Number(row['n'])]))
  return Array.from({ length: 30 }, (_, day) => {
    const ms = fromMs + day * dayMs
    return [ms / 1000, counts.get(ms) ?? 0]
  })
}

/** Hashes that lead to the issue, each with its newest kept event. */
export const issueHashes: Answering = (asked) => {
  const id = Number(issueOf(asked)['id'])
  const rows = asked.rows(
    `select hash, version, variant, events, first_seen_ms, last_seen_ms from issue_hashes where issue = ?
     order by last_seen_ms desc, hash limit 1000`,
    id,
  )
  return answer(
    rows.map((row) => {
      const latest = asked.row(
        `select ${eventColumns} from ${eventTables} where e.issue = ? and e.hash = ? order by e.id desc limit 1`,
        id,
        row['hash']!,
      )
      return {
        id: String(row['hash']),
        latestEvent: latest ? eventBrief(keptEvent(latest), asked) : null,
        mergedBySeer: false,
        version: String(row['version']),
        variant: String(row['variant']),
        count: Number(row['events']),
        firstSeen: iso(Number(row['first_seen_ms'])),
        lastSeen: iso(Number(row['last_seen_ms'])),
      }
    }),
  )
}

export const tagsOfIssue: Answering = (asked) => {
  const id = Number(issueOf(asked)['id'])
  asked.ofAllEnvironments('tags other than environment')
  return answer(issueTags(id, asked))
}

export const tagOfIssue: Answering = (asked) => {
  const id = Number(issueOf(asked)['id'])
  const key = asked.path('key')
  const tag = issueTag(id, key, asked)
  if (!tag) throw notFound(`the issue has no tag "${key.slice(0, 60)}"`)
  if (key !== 'environment') asked.ofAllEnvironments('this tag')
  return answer(tag)
}

export const valuesOfTag: Answering = (asked) => {
  const id = Number(issueOf(asked)['id'])
  const key = asked.path('key')
  if (key !== 'environment') asked.ofAllEnvironments('this tag')
  return asked.page(
    valuePlaces,
    (from, most) => tagValues(id, key, asked, from, most).map(placedValue),
    (entries) => entries.map(({ row }) => valueJson(key, row)),
  )
}

export const activitiesOfIssue: Answering = (asked) =>
  activityPage(Number(issueOf(asked)['id']), null, asked, (activity) => ({ activity }))

export const notesOfIssue: Answering = (asked) =>
  activityPage(Number(issueOf(asked)['id']), 'note', asked, (notes) => notes)

export const feedbackOfIssue: Answering = (asked) => {
  const id = Number(issueOf(asked)['id'])
  return asked.page(
    { value: 'f.id', id: 'f.id' },
    (from, most) =>
      asked
        .rows(
          `select f.* from feedback f where f.issue = ? and ${from.sql} order by ${from.order} limit ?`,
          id,
          ...from.values,
          most,
        )
        .map((row) => ({ value: Number(row['id']), id: Number(row['id']), row })),
    (entries) => entries.map(({ row }) => feedbackJson(row, asked)),
  )
}

export const issueOfShort: Answering = (asked) => {
  const text = asked.path('short')
  const parts = shortIdParts(text)
  const id = parts && issueOfShortId(parts, asked)
  const [group] = id === undefined ? [] : issuesJson([id], asked)
  if (!parts || !group) throw notFound(`there is no issue "${text.slice(0, 60)}"`)
  return answer({
    organizationSlug: 'weir',
    projectSlug: parts.slug,
    groupId: String(group['id']),
    group,
    shortId: String(group['shortId']),
  })
}
