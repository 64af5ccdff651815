import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Position } from '../../core/journal/batch.ts'
import type { Place } from '../../core/journal/cursor.ts'
import type { Digestion } from '../../errors/digest/digestion.ts'
import { outboxSource } from '../../errors/digest/outbox.ts'
import { encodeReport, type Report } from '../../errors/reports.ts'
import { digestionOf, eventReport, openMemory, startMs } from '../errors/digest/setup.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 150)

interface Event {
  readonly id: number
  readonly type: number
  readonly release: number
  readonly environment: number
  readonly user: number
  readonly hour: number
  readonly tag: number
}

type Step =
  | { readonly do: 'arrive'; readonly events: readonly Event[] }
  /** Reads so many reports into the transaction. */
  | { readonly do: 'digest'; readonly count: number }
  | { readonly do: 'commit' }
  /** Lines go to the journal; the process dies before it has noted that. */
  | { readonly do: 'append'; readonly dies: boolean }
  | { readonly do: 'die' }
  /** What no checkpoint has put on disk is gone. */
  | { readonly do: 'checkpoint' | 'power cut' }

const event: fc.Arbitrary<Event> = fc.record({
  id: fc.nat(40),
  type: fc.nat(3),
  release: fc.nat(2),
  environment: fc.nat(1),
  user: fc.nat(4),
  hour: fc.nat(2),
  tag: fc.nat(14),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('arrive' as const),
      events: fc.array(event, { maxLength: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('digest' as const),
      count: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'commit' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('append' as const), dies: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ do: 'die' as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ do: 'checkpoint' as const }, { do: 'power cut' as const }),
  },
)

const reportOf = (told: Event): Report =>
  eventReport({
    id: told.id,
    // An id stands for one event, however often it comes.
    type: `Type${told.id % 4}`,
    atMs: startMs + (told.id % 3) * 3_600_000,
    event: {
      release: `shop@1.${told.id % 5}.0`,
      environment: told.id % 2 ? 'production' : 'staging',
      user: { id: String(told.id % 7) },
      tags: [['tag', `v${told.id % 15}`]],
    },
  })

/** The journal's end of it all, which no death and no power cut takes back. */
class World {
  readonly reports: string[] = []
  readonly sentLines: string[] = []
  sent: Position | undefined
  #database = openMemory()
  #durable = this.#database.serialize()
  #read = 0
  #digested = 0
  #digestion: Digestion = this.#open()

  #open(): Digestion {
    const config = { kept_per_issue: 4, kept_per_minute: 1, tag_values_max: 20, seen_max: 100_000 }
    const { digestion } = digestionOf(this.#database, { config, sent: this.sent })
    const row = this.#database.prepare("select value from meta where key = 'cursor'").get()
    const cursor = row ? (JSON.parse(String(row['value'])) as Record<string, Place>) : {}
    this.#read = this.#digested = cursor['errors']?.ordinal ?? 0
    return digestion
  }

  get database(): DatabaseSync {
    return this.#database
  }

  async digest(count: number): Promise<boolean> {
    const texts = this.reports.slice(this.#read, this.#read + count)
    if (texts.length === 0) return false
    const lines = texts.map((text, at) => ({
      place: { segment: 'a', ordinal: this.#read + at },
      bytes: Buffer.from(text),
    }))
    this.#digestion.digest(await this.#digestion.prepare(lines))
    this.#read += texts.length
    return true
  }

  commit(): void {
    this.#digestion.commit({ errors: { segment: 'a', ordinal: this.#read } })
    this.#digested = this.#read
  }

  append(dies: boolean): void {
    const pending = this.#digestion.outbox.pending({ segment: 'a', ordinal: this.#digested })
    if (!pending) return
    for (const { bytes, positions } of pending.batches) {
      this.sentLines.push(...Buffer.from(bytes).toString().trimEnd().split('\n'))
      this.sent = positions?.[outboxSource] ?? this.sent
    }
    if (dies) this.die()
    else this.#digestion.outbox.sent(pending.number)
  }

  die(): void {
    this.#digestion.abandon()
    this.#digestion = this.#open()
  }

  checkpoint(): void {
    this.commit()
    this.#durable = this.#database.serialize()
  }

  powerCut(): void {
    this.#digestion.abandon()
    this.#database.close()
    this.#database = new DatabaseSync(':memory:')
    this.#database.deserialize(this.#durable)
    this.#digestion = this.#open()
  }

  async finish(): Promise<void> {
    while (await this.digest(7));
    this.commit()
    this.append(false)
  }
}

/** What each event adds, counted plainly. */
function countsOf(reports: readonly string[]) {
  const seen = new Map<string, Extract<Report, { kind: 'event' }>>()
  for (const text of reports) {
    const report = JSON.parse(text) as Extract<Report, { kind: 'event' }>
    if (!seen.has(report.event_id)) seen.set(report.event_id, report)
  }
  const counts: Record<string, number> = {}
  const users = new Set<string>()
  const add = (key: string) => (counts[key] = (counts[key] ?? 0) + 1)
  for (const { event } of seen.values()) {
    const type = event.exception!.values[0]!.type
    const ms = event.timestamp * 1000
    add(`${type} events`)
    add(`${type} hour ${ms}`)
    add(`${type} release ${event.release}`)
    add(`${type} environment ${event.environment}`)
    add(`${type} tag ${event.tags![0]![1]}`)
    add(`release ${event.release}`)
    counts[`told of release ${event.release}`] = 1
    const user = `${type} ${event.user!.id}`
    if (!users.has(user)) add(`${type} users`)
    users.add(user)
  }
  if (seen.size > 0) counts['accepted'] = seen.size
  if (reports.length > seen.size) counts['duplicate'] = reports.length - seen.size
  return { counts, ids: [...seen.keys()].toSorted() }
}

function countsIn(database: DatabaseSync): Record<string, number> {
  const counts: Record<string, number> = {}
  const read = (sql: string) => {
    for (const row of database.prepare(sql).all()) {
      if (Number(row['n']) > 0) counts[String(row['key'])] = Number(row['n'])
    }
  }
  const of = 'join issue_texts t on t.issue = x.issue'
  read(
    `select t.error_type || ' events' as key, x.events as n from issues x join issue_texts t on t.issue = x.id`,
  )
  read(
    `select t.error_type || ' users' as key, x.users as n from issues x join issue_texts t on t.issue = x.id`,
  )
  read(`select t.error_type || ' hour ' || hour_ms as key, events as n from issue_hours x ${of}`)
  read(
    `select t.error_type || ' release ' || release as key, events as n from issue_releases x ${of}`,
  )
  read(
    `select t.error_type || ' environment ' || environment as key, events as n from issue_environments x ${of}`,
  )
  read(
    `select t.error_type || ' tag ' || value as key, events as n from issue_tags x ${of} where key = 'tag'`,
  )
  read(`select 'release ' || version as key, events as n from releases`)
  read(
    `select 'told of release ' || json_extract(data, '$.version') as key, count(*) as n from triggers
     where kind = 'new_release' group by 1`,
  )
  read('select outcome as key, sum(quantity) as n from project_hours group by outcome')
  return counts
}

test('whatever dies when, each event counts once, and its line is in the journal once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const world = new World()
      for (const each of steps) {
        if (each.do === 'arrive')
          world.reports.push(...each.events.map((told) => encodeReport(reportOf(told)).trimEnd()))
        else if (each.do === 'digest') await world.digest(each.count)
        else if (each.do === 'commit') world.commit()
        else if (each.do === 'append') world.append(each.dies)
        else if (each.do === 'die') world.die()
        else if (each.do === 'checkpoint') world.checkpoint()
        else world.powerCut()
      }
      await world.finish()
      const { counts, ids } = countsOf(world.reports)
      const found = countsIn(world.database)
      expect(found).toEqual(counts)
      const sent = world.sentLines.map(
        (line) => (JSON.parse(line) as { event: { id: string } }).event.id,
      )
      expect(sent.toSorted()).toEqual(ids)
      for (const row of world.database
        .prepare(
          `select i.kept, i.events, (select count(*) from events e where e.issue = i.id) as bodies from issues i`,
        )
        .all()) {
        expect(row['kept']).toBe(row['bodies'])
        expect(Number(row['kept'])).toBeGreaterThanOrEqual(1)
        expect(Number(row['kept'])).toBeLessThanOrEqual(5)
      }
    }),
    { numRuns: runs },
  )
})
