import type { JsonRecord } from '../../store/search.ts'
import { KeptEvents } from '../digest/kept_events.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import { group as groupByRules } from '../grouping/group.ts'
import { changeIssues, type ChangeWorld, type IssueChange } from '../issues/change.ts'
import { mergeIssues, unmerge } from '../issues/merge.ts'
import { addNote, changeNote, deleteNote } from '../issues/notes.ts'
import { removeIssue } from '../issues/removal.ts'
import { undo } from '../issues/undo.ts'
import { findsAll } from '../search/finds_all.ts'
import { shortIdParts } from '../search/short_id.ts'
import { deleteBlobs } from '../uploads/unused_blobs.ts'
import { activityJson } from './activity_json.ts'
import type { Answering, Asked } from './asked.ts'
import { changeOf } from './change_body.ts'
import { issueFull } from './issue_answers.ts'
import { issueOfShortId, issuesAsked, searchOf } from './issue_list.ts'
import { issueOf } from './issue_of.ts'
import { newerChangeText } from './newer_change.ts'
import { answer, invalid, notFound, type WebAnswer, WebRefusal } from './web_request.ts'

const changeWorld = (asked: Asked): ChangeWorld => ({
  database: asked.database,
  nowMs: asked.nowMs,
  actor: asked.request.actor,
})

/** Changes the issues that `id=` names, or, of status changes, those that `query` and `status` find. */
export const changeIssueList: Answering = (asked) => {
  const { body } = asked
  const change = changeOf(body, asked.request.actor, asked.nowMs)
  const { ids, isCut } = idsAsked(asked, change.status !== undefined)
  if (ids.length === 0) return { status: 204, body: null }
  if (body['merge']) return answer(merged(ids, asked))
  needRelease(ids, change, asked)
  asked.world.change(() => changeIssues(ids, change, changeWorld(asked)))
  if (isCut)
    asked.incomplete = `the newest ${ids.length} were changed (errors.api.bulk_max): ask again for the others`
  return answer({ ...body, statusDetails: body['statusDetails'] ?? {} })
}

/** One issue; it is answered as it is then. */
export const changeOneIssue: Answering = (asked) => {
  const id = Number(issueOf(asked)['id'])
  const { body } = asked
  if (body['merge']) throw invalid('merge: ask it of …/issues/?id=1&id=2')
  const change = changeOf(body, asked.request.actor, asked.nowMs)
  needRelease([id], change, asked)
  asked.world.change(() => changeIssues([id], change, changeWorld(asked)))
  return answer(issueFull(id, issueOf(asked), asked))
}

/**
 * The latest release, and the one behind it, are nothing where there is none. `resolvedInNextRelease` is taken, as Sentry
 * takes it: the first one is the next then.
 *
 * @throws WebRefusal 400
 */
function needRelease(ids: readonly number[], { status }: IssueChange, asked: Asked): void {
  if (status?.to !== 'resolved' || asked.body['status'] === 'resolvedInNextRelease') return
  const { kind, release } = status.resolution
  if (release !== undefined || (kind !== 'release' && kind !== 'next_release')) return
  const without = asked.row(
    `select project from issues i where id in (select value from json_each(?))
       and not exists (select 1 from releases r where r.project = i.project) limit 1`,
    JSON.stringify(ids),
  )
  if (!without) return
  const { slug } = asked.project(Number(without['project']))
  const key = kind === 'release' ? 'inRelease' : 'inNextRelease'
  throw invalid(`statusDetails.${key}: the project "${slug}" has no release yet`)
}

/** Deletes the issues that `id=` names, or `query` finds. What is deleted does not come back: "all" has to be said. */
export const deleteIssueList: Answering = async (asked) => {
  const query = asked.query.get('query')
  if (!asked.query.has('id') && query !== null && findsAll(searchOf(query, asked)))
    throw invalid('query: it finds every issue; say query=timesSeen:>0 to mean that')
  const { ids, isCut } = idsAsked(asked, query !== null)
  if (isCut)
    asked.incomplete = `the newest ${ids.length} were deleted (errors.api.bulk_max): ask again for the others`
  return await deleted(ids, asked)
}

export const deleteOneIssue: Answering = async (asked) => {
  const done = await deleted([Number(issueOf(asked)['id'])], asked)
  return { ...done, status: 202 }
}

async function deleted(ids: readonly number[], asked: Asked): Promise<WebAnswer> {
  const { database, world } = asked
  const blobs = world.change(() => {
    const kept = new KeptEvents(database)
    return ids.flatMap((id) => removeIssue(database, kept, id))
  })
  const { actor } = asked.request
  world.context.log.info({ count: ids.length, first: ids[0], actor }, 'issues were deleted')
  await deleteBlobs(world, blobs)
  return { status: 204, body: null }
}

/**
 * Ids that a bulk request is about: of its projects only.
 *
 * @param mayFind whether it may leave them out and search instead.
 */
function idsAsked(asked: Asked, mayFind: boolean): { ids: number[]; isCut: boolean } {
  const { bulk_max: most } = asked.request.limits
  const names = asked.query.getAll('id')
  if (names.length === 0) {
    if (!mayFind) throw invalid('id: name the issues, such as ?id=1&id=2')
    const found = issuesAsked(asked, most + 1)
    // What `!` takes for others may be what was not read.
    if (asked.incomplete !== undefined)
      throw invalid(
        `query: ${asked.incomplete} (errors.api.search_bodies_max, search_events_max): name the issues`,
      )
    return { ids: found.slice(0, most), isCut: found.length > most }
  }
  if (names.length > most) throw invalid(`id: ${names.length} issues at once, ${most} are allowed`)
  const ids = names.map((name) => {
    const parts = shortIdParts(name)
    const id = /^\d{1,15}$/.test(name) ? Number(name) : parts && issueOfShortId(parts, asked)
    if (id === undefined) throw invalid(`id: there is no issue "${name.slice(0, 60)}"`)
    return id
  })
  const own = asked.rows(
    `select id from issues where id in (select value from json_each(?))
       and project in (select value from json_each(?))`,
    JSON.stringify(ids),
    asked.projectIds,
  )
  const owned = new Set(own.map(({ id }) => Number(id)))
  return { ids: [...new Set(ids)].filter((id) => owned.has(id)), isCut: false }
}

/** Into the one with the most events, as Sentry does. */
function merged(ids: readonly number[], asked: Asked): JsonRecord {
  if (ids.length < 2) throw invalid('merge: name two issues at least')
  const rows = asked.rows(
    'select id, project from issues where id in (select value from json_each(?)) order by events desc, id',
    JSON.stringify(ids),
  )
  if (new Set(rows.map(({ project }) => project)).size > 1) {
    throw invalid('merge: issues of different projects stay apart')
  }
  const [parent, ...children] = rows.map(({ id }) => Number(id))
  asked.world.change(() => mergeIssues(parent!, children, changeWorld(asked)))
  return { merge: { parent: String(parent), children: children.map(String) } }
}

/** Takes hashes out of an issue: `?id=<hash>`, several are possible. */
export const unmergeHashes: Answering = (asked) => {
  const id = Number(issueOf(asked)['id'])
  const hashes = asked.query.getAll('id')
  if (hashes.length === 0) throw invalid('id: name hashes of …/hashes/, such as ?id=<32 hex>')
  const group = (project: number, event: SentryEvent) =>
    groupByRules(event, asked.world.rulesOf(project))
  const issues = asked.world.change(() => unmerge(id, hashes, { ...changeWorld(asked), group }))
  if (issues.length === 0)
    throw invalid('id: the issue has none of these hashes, or no other one: one has to stay')
  return answer({ issues: issues.map(String) }, 202)
}

export const addIssueNote: Answering = (asked) => {
  const issue = Number(issueOf(asked)['id'])
  const text = noteText(asked)
  const note = asked.world.change(() => addNote(issue, text, changeWorld(asked)))
  return answer(noteJson(note ?? 0, asked), 201)
}

export const changeIssueNote: Answering = (asked) => {
  const [issue, note] = [Number(issueOf(asked)['id']), noteId(asked)]
  const text = noteText(asked)
  const isThere = asked.world.change(() => changeNote(issue, note, text, changeWorld(asked)))
  if (!isThere) throw notFound('the issue has no such comment')
  return answer(noteJson(note, asked))
}

export const deleteIssueNote: Answering = (asked) => {
  const [issue, note] = [Number(issueOf(asked)['id']), noteId(asked)]
  const isThere = asked.world.change(() => deleteNote(issue, note, changeWorld(asked)))
  if (!isThere) throw notFound('the issue has no such comment')
  return { status: 204, body: null }
}

/** Weir's own: takes a line of activity back. */
export const undoActivity: Answering = (asked) => {
  const issue = Number(issueOf(asked)['id'])
  const activity = Number(asked.path('activity'))
  const own = asked.row('select id from activity where id = ? and issue = ?', activity || 0, issue)
  const done = own !== undefined && asked.world.change(() => undo(activity, changeWorld(asked)))
  if (!done) throw notFound('the issue has no such activity that can be taken back')
  if (done !== true) throw new WebRefusal(409, newerChangeText(done))
  return answer(issueFull(issue, issueOf(asked), asked))
}

const noteId = (asked: Asked): number => Number(asked.path('note')) || 0

function noteText(asked: Asked): string {
  const { text } = asked.body
  if (typeof text === 'string' && text.trim() !== '') return text
  throw invalid('text: expected what the comment says')
}

function noteJson(note: number, asked: Asked): JsonRecord {
  const row = asked.row('select * from activity where id = ?', note)
  return row ? activityJson(row) : {}
}
