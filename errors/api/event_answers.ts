import type { JsonRecord } from '../../store/search.ts'
import { shortIdOf } from '../issues/state.ts'
import type { Answering, Asked, Row } from './asked.ts'
import { iso } from './asked.ts'
import {
  eventBrief,
  eventColumns,
  eventFull,
  eventTables,
  keptEvent,
  type KeptEvent,
} from './event_json.ts'
import { eventFilter } from './event_filter.ts'
import { issueOf } from './issue_of.ts'
import type { Placed } from './page.ts'
import { answer, notFound } from './web_request.ts'

/** Events of a project, or of an issue, that are kept: the newest first. `full=1`: whole. */
export const listEvents: Answering = (asked) => {
  const isIssue = asked.request.path['issue'] !== undefined
  const [column, id] = isIssue
    ? ['e.issue', Number(issueOf(asked)['id'])]
    : ['e.project', asked.ownProject.id]
  const full = /^(?:1|true)$/.test(asked.query.get('full') ?? '')
  const filter = eventFilter(asked)
  const show = (kept: KeptEvent) => (full ? eventFull(kept, asked) : eventBrief(kept, asked))
  return asked.page(
    { value: 'e.id', id: 'e.id' },
    (from, most) => {
      const sql = `select ${eventColumns} from ${eventTables} where ${column} = ? and ${filter.sql} and ${from.sql}
        order by ${from.order}`
      const found: (Placed & { kept: KeptEvent })[] = []
      const rows = asked.database.prepare(sql).iterate(id, ...filter.values, ...from.values)
      let read = 0
      for (const row of rows) {
        if (++read > filter.readMax) {
          asked.cut()
          break
        }
        const kept = keptEvent(row as Row)
        if (filter.fits(kept)) found.push({ value: kept.id, id: kept.id, kept })
        if (found.length === most) break
      }
      return found
    },
    (entries) => entries.map(({ kept }) => show(kept)),
  )
}

/** `latest`, `oldest`, `recommended` or an id, of an issue. */
export const issueEvent: Answering = (asked) => {
  const kept = eventOfIssue(Number(issueOf(asked)['id']), asked.path('event'), asked)
  return answer(eventFull(kept, asked))
}

function eventOfIssue(issue: number, which: string, asked: Asked): KeptEvent {
  const { environments } = asked
  const inThem =
    environments.length === 0 ? '1' : 'e.environment in (select value from json_each(?))'
  const values = environments.length === 0 ? [] : [JSON.stringify(environments)]
  const found = (order: string) =>
    asked.row(
      `select ${eventColumns} from ${eventTables} where e.issue = ? and ${inThem} order by ${order} limit 1`,
      issue,
      ...values,
    )
  const row =
    which === 'latest'
      ? found('e.id desc')
      : which === 'oldest'
        ? found('e.id asc')
        : // What it is kept for says how much it tells: files, a release's first, …
          which === 'recommended' || which === 'helpful'
          ? found('(e.why & 32) desc, e.id desc')
          : asked.row(
              `select ${eventColumns} from ${eventTables} where e.event_id = ? and e.issue = ?`,
              eventIdOf(which),
              issue,
            )
  if (!row) throw notFound(`the issue has no kept event "${which.slice(0, 50)}"`)
  return keptEvent(row)
}

/** @throws WebRefusal 404 */
export function eventIdOf(text: string): Uint8Array {
  const id = text.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(id))
    throw notFound(`"${text.slice(0, 50)}" is no event id: 32 hex characters`)
  return Buffer.from(id, 'hex')
}

/** The event that the path names. @throws WebRefusal 404 */
export function ownEvent(asked: Asked): KeptEvent {
  const project = asked.ownProject
  const id = eventIdOf(asked.path('event'))
  const sql = `select ${eventColumns} from ${eventTables} where e.event_id = ? and e.project = ?`
  const row = asked.row(sql, id, project.id)
  if (row) return keptEvent(row)
  throw notFound(
    'no event with this id is kept in the project: it did not come, or it was counted and its body left out (errors.digest.kept_per_issue), or its age was reached',
  )
}

export const projectEvent: Answering = (asked) => answer(eventFull(ownEvent(asked), asked))

/** The event as it is stored: normalised, scrubbed, mapped. */
export const eventJson: Answering = (asked) => {
  const { event, eventId, project } = ownEvent(asked)
  return answer({ ...(event as unknown as JsonRecord), event_id: eventId, project })
}

/** All that main needs to explain an event: StoredEvent of explain.ts. */
export const eventWhole: Answering = (asked) => {
  const kept = ownEvent(asked)
  const issue = asked.row(
    'select i.number, i.events, i.kept, t.title from issues i join issue_texts t on t.issue = i.id where i.id = ?',
    kept.issue,
  )
  const hashes = asked.rows(
    'select hash, version from issue_hashes where issue = ? limit 10000',
    kept.issue,
  )
  const { slug } = asked.project(kept.project)
  return answer({
    event: kept.event as unknown as JsonRecord,
    eventId: kept.eventId,
    project: slug,
    issue: {
      id: String(kept.issue),
      shortId: shortIdOf(slug, Number(issue?.['number'] ?? 0)),
      title: String(issue?.['title'] ?? ''),
    },
    hash: kept.hash,
    hashes: hashes.map(({ hash }) => String(hash)),
    version: String(hashes.find(({ hash }) => hash === kept.hash)?.['version'] ?? ''),
    why: kept.why,
    bytes: kept.bytes,
    counts: { events: Number(issue?.['events'] ?? 0), kept: Number(issue?.['kept'] ?? 0) },
  })
}

export const eventAttachments: Answering = (asked) => {
  const project = asked.ownProject
  const rows = asked.rows(
    'select * from attachments where event_id = ? and project = ? order by id',
    eventIdOf(asked.path('event')),
    project.id,
  )
  return answer(rows.map(attachmentJson))
}

export const issueAttachments: Answering = (asked) => {
  const issue = Number(issueOf(asked)['id'])
  return asked.page(
    { value: 'a.id', id: 'a.id' },
    (from, most) =>
      asked
        .rows(
          `select a.* from attachments a where a.issue = ? and ${from.sql} order by ${from.order} limit ?`,
          issue,
          ...from.values,
          most,
        )
        .map((row) => ({ value: Number(row['id']), id: Number(row['id']), row })),
    (entries) => entries.map(({ row }) => attachmentJson(row)),
  )
}

/** Where the bytes of an attachment are: for main, which sends them. */
export const eventAttachment: Answering = (asked) => {
  const row = asked.row(
    'select * from attachments where id = ? and event_id = ? and project = ?',
    Number(asked.path('attachment')) || 0,
    eventIdOf(asked.path('event')),
    asked.ownProject.id,
  )
  if (!row) throw notFound('the event has no such attachment')
  return answer({ ...attachmentJson(row), blob: String(row['blob']) })
}

const attachmentJson = (row: Row): JsonRecord => ({
  id: String(row['id']),
  event_id: Buffer.from(row['event_id'] as Uint8Array).toString('hex'),
  type: String(row['type']),
  name: String(row['name']),
  mimetype: String(row['content_type']),
  dateCreated: iso(Number(row['received_ms'])),
  size: Number(row['size']),
  headers: { 'Content-Type': String(row['content_type']) },
  sha1: null,
  sha256: String(row['blob']),
})

/** Which project and issue an event id belongs to. */
export const findEvent: Answering = (asked) => {
  const id = eventIdOf(asked.path('event'))
  const row = asked.row(`select ${eventColumns} from ${eventTables} where e.event_id = ?`, id)
  if (!row) throw notFound('no event with this id is kept')
  const kept = keptEvent(row)
  const project = asked.project(kept.project)
  return answer({
    organizationSlug: 'weir',
    projectSlug: project.slug,
    groupId: String(kept.issue),
    eventId: kept.eventId,
    event: eventFull(kept, asked),
  })
}
