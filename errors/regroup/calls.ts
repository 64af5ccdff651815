import { zstdDecompressSync } from 'node:zlib'
import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import type { Calls, ThreadWorld } from '../digest/call.ts'
import { bodyOf } from '../digest/event_body.ts'
import { type EventFacts, factsOf } from '../digest/facts.ts'
import { textsWriter } from '../digest/issue_texts.ts'
import { KeptEvents } from '../digest/kept_events.ts'
import { summarise } from '../digest/summarise.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import { projectGrouping } from '../grouping/config.ts'
import { group } from '../grouping/group.ts'
import { preview, type StoredEvent } from '../grouping/preview.ts'
import { rulesOf } from '../grouping/project_rules.ts'
import { mergeIssues } from '../issues/merge.ts'

/** Kept events that one call takes on. */
const eventsMax = 2000
/** How many at once, before questions and reports have a turn. */
const turn = 50

export interface RegroupParams {
  readonly project: number
  /** One issue alone, by its id or by its number in the project; without both all of the project. */
  readonly issue?: number
  readonly issueNumber?: number
  /** Events up to this one were dealt with by an earlier call. */
  readonly after?: number
}

interface Stored {
  readonly id: number
  readonly issue: number
  readonly event: SentryEvent
}

/** Looking at stored events again: what other rules would make of them, and what maps uploaded since do. */
export const groupingCalls: Calls = {
  /** What other settings (`errors.projects.<slug>.grouping`) would make of the newest kept events. */
  'grouping.preview': async (
    { project, grouping }: { project: number; grouping: JsonRecord },
    world,
  ) => {
    const read = projectGrouping.safeParse(grouping)
    if (!read.success)
      return { refused: read.error.issues.map(({ message }) => message).join('; ') }
    let rules: ReturnType<typeof rulesOf>
    try {
      rules = rulesOf(world.settings.grouping, read.data)
    } catch (failure) {
      return { refused: failure instanceof Error ? failure.message : String(failure) }
    }
    const stored: StoredEvent[] = []
    for (const { issue, event } of storedEvents(world.database, { project }, 'desc')) {
      stored.push({ issue, event })
      if (stored.length % turn === 0) await breathe()
    }
    return preview(world.rulesOf(project), rules, stored) as unknown as JsonRecord
  },
  /**
   * Maps kept events anew and files their issues by the rules of now: new hashes lead to them, and an issue all of
   * whose events turn out to be another one's is merged into it.
   */
  'grouping.regroup': regroup as never,
}

async function regroup(asked: RegroupParams, world: ThreadWorld): Promise<JsonRecord> {
  const { database, context } = world
  const params = withIssue(asked, database)
  if (!params) return { refused: 'issue: the project has no such issue' }
  const rules = world.rulesOf(params.project)
  const targets = new Map<number, Set<number>>()
  let [events, mapped, attached, last] = [0, 0, 0, params.after ?? 0]
  /** Of each issue the newest event that says something else now. */
  const changed = new Map<number, Changed>()
  let batch: { stored: Stored; remapped: SentryEvent; isMapped: boolean }[] = []
  const flush = () => {
    world.change(() => {
      for (const { stored, remapped, isMapped } of batch) {
        const done = refile(stored, remapped, params.project, world, rules)
        attached += done.attached
        if (isMapped || done.attached > 0)
          changed.set(stored.issue, { event: stored.id, facts: done.facts })
        const known = targets.get(stored.issue) ?? new Set()
        targets.set(stored.issue, known.add(done.target))
      }
    })
    batch = []
  }
  for (const stored of storedEvents(database, params, 'asc')) {
    const remapped = await world.symbolicator.remap(params.project, stored.event)
    const isMapped = JSON.stringify(remapped) !== JSON.stringify(stored.event)
    if (isMapped) mapped += 1
    batch.push({ stored, remapped, isMapped })
    events += 1
    last = stored.id
    if (batch.length >= turn) flush()
  }
  flush()
  const merged: { from: string; into: string }[] = []
  const change = { database, nowMs: context.clock.now() }
  for (const [issue, into] of targets) {
    const [target] = into
    // Events of one issue that belong to several stay together: splitting is somebody's decision.
    if (into.size !== 1 || target === undefined || target === issue) continue
    const moved = world.change(() => mergeIssues(target, [issue], change))
    if (moved.length > 0) merged.push({ from: String(issue), into: String(target) })
  }
  world.change(() => showChanged(changed.values(), database))
  return { events, mapped, hashes_added: attached, merged, next: events < eventsMax ? null : last }
}

/** Its issue by id: one that was merged is the one it went into. @returns undefined when the project has no such issue */
function withIssue(params: RegroupParams, database: DatabaseSync): RegroupParams | undefined {
  const { project, issue = null, issueNumber = null } = params
  if (issue === null && issueNumber === null) return params
  const found = database
    .prepare(
      `select id from issues where project = ?1 and (id = ?2 or number = ?3)
       union all select into_issue from merged_issues where project = ?1 and (issue = ?2 or number = ?3)`,
    )
    .get(project, issue, issueNumber)
  return found && { ...params, issue: Number(found['id']) }
}

interface Changed {
  readonly event: number
  readonly facts: EventFacts
}

/** Titles and culprits follow the newest event of an issue, wherever it is filed by now. */
function showChanged(changed: Iterable<Changed>, database: DatabaseSync): void {
  const newest = database.prepare(
    'select issue, (select max(id) from events n where n.issue = e.issue) as newest from events e where id = ?',
  )
  const show = textsWriter(database)
  for (const { event, facts } of changed) {
    const row = newest.get(event)
    if (row && Number(row['newest']) === event) show(Number(row['issue']), facts)
  }
}

/** Files one event by its hashes of now. @returns the issue that they lead to. */
function refile(
  stored: Stored,
  event: SentryEvent,
  project: number,
  { database }: ThreadWorld,
  rules: ReturnType<ThreadWorld['rulesOf']>,
): { target: number; attached: number; facts: EventFacts } {
  const grouping = group(event, rules)
  const find = database.prepare('select issue from issue_hashes where project = ? and hash = ?')
  const [found] = grouping.hashes.flatMap((hash) => {
    const row = find.get(project, hash)
    return row ? [Number(row['issue'])] : []
  })
  const target = found ?? stored.issue
  const attach = database.prepare(
    `insert or ignore into issue_hashes (project, hash, issue, version, variant, first_seen_ms, last_seen_ms)
     values (?, ?, ?, ?, ?, ?, ?)`,
  )
  const ms = Math.round(event.timestamp * 1000)
  let attached = 0
  for (const { name, hash } of grouping.variants) {
    if (!grouping.hashes.includes(hash)) continue
    const done = attach.run(project, hash, target, grouping.version, name, ms, ms)
    attached += Number(done.changes)
  }
  const report = { project, key: '', received_ms: ms, event_id: event.event_id }
  const facts = factsOf(report, summarise(event, grouping, rules.id))
  new KeptEvents(database).replace(stored.id, facts, bodyOf(event, grouping), grouping.hashes[0]!)
  return { target, attached, facts }
}

/** Kept events with their bodies; one after the other, since all of them would fill the memory. */
function* storedEvents(
  database: DatabaseSync,
  { project, issue, after = 0 }: RegroupParams,
  order: 'asc' | 'desc',
): Generator<Stored> {
  const ids = database
    .prepare(
      `select id from events where project = ? and id > ? ${issue === undefined ? '' : 'and issue = ?'}
       order by id ${order} limit ${eventsMax}`,
    )
    .all(project, after, ...(issue === undefined ? [] : [issue]))
  const read = database.prepare(
    'select e.issue, b.body from events e join event_bodies b on b.event = e.id where e.id = ?',
  )
  for (const { id } of ids) {
    const row = read.get(id!)
    // Evicted since.
    if (!row) continue
    const body = zstdDecompressSync(row['body'] as Uint8Array).toString()
    yield {
      id: Number(id),
      issue: Number(row['issue']),
      event: JSON.parse(body) as SentryEvent,
    }
  }
}

const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))
