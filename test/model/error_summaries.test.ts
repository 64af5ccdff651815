import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { namesMaps, summarise } from '../../errors/digest/summarise.ts'
import { normalise } from '../../errors/event/normalise.ts'
import type { SentryEvent } from '../../errors/event/sentry_event.ts'
import { group } from '../../errors/grouping/group.ts'
import { groupingRules } from '../../errors/grouping/rules.ts'
import { encodeReport, type Report } from '../../errors/reports.ts'
import type { JsonRecord } from '../../store/search.ts'
import { digestionOf, eventIdOf, startMs } from '../errors/digest/setup.ts'
import { arrival } from '../errors/event/arrival.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 100)

const now = groupingRules(
  { fingerprintRules: 'tags.odd:yes -> odd, {{ message }}' },
  { settings: { stackTraceRules: 'function:f -app' }, untilMs: startMs + 1e9 },
)
const before = groupingRules()

/** Texts that look like what a reader of the line looks for. */
const text = fc.oneof(
  fc.constantFrom('a', 'b', '', ',"event":{', '","event":', '\\","event":{', '\ud800', 'user 42'),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const bag = fc.dictionary(fc.oneof(text, fc.constantFrom('event', '__proto__', 'summary')), text, {
  maxKeys: 3,
})
const raw = fc.record(
  {
    platform: fc.constantFrom('python', 'node', 'javascript', 'java'),
    level: fc.constantFrom('error', 'fatal', 'info'),
    logger: text,
    transaction: text,
    server_name: text,
    release: fc.constantFrom('shop@1.0', 'shop@2.0', ',"event":{'),
    environment: fc.constantFrom('production', 'staging'),
    message: text,
    exception: fc.record({
      values: fc.array(
        fc.record({
          type: fc.constantFrom('A', 'B', ',"event":{'),
          value: text,
          stacktrace: fc.record({
            frames: fc.array(
              fc.record({ function: fc.constantFrom('f', 'g'), in_app: fc.boolean(), vars: bag }),
              { maxLength: 3 },
            ),
          }),
        }),
        { maxLength: 2 },
      ),
    }),
    tags: fc.oneof(bag, fc.constant({ odd: 'yes' })),
    user: fc.record({ id: text, email: text, ip_address: text }, { requiredKeys: [] }),
    request: fc.record({ url: text, method: text, data: bag }, { requiredKeys: [] }),
    contexts: fc.record({ trace: bag, runtime: bag }, { requiredKeys: [] }),
    extra: bag,
    debug_meta: fc.constant({
      images: [{ type: 'sourcemap', code_file: 'a.js', debug_id: 'a'.repeat(32) }],
    }),
  },
  { requiredKeys: ['platform'] },
)
const sent = fc.record({
  id: fc.nat(30),
  raw,
  /** By which rules it was summed up where it was accepted, if it was. */
  summed: fc.constantFrom('now', 'now', 'now', 'before', 'never'),
  hasFile: fc.boolean(),
})

function reportOf({ id, raw: fields, hasFile }: { id: number; raw: object; hasFile: boolean }) {
  const event_id = eventIdOf(id)
  const given = { ...(JSON.parse(JSON.stringify(fields)) as JsonRecord), event_id }
  const event = normalise(given, arrival({ receivedMs: startMs }))
  const file = { name: ',"event":{', type: 't', content_type: 'c', size: 1, blob: 'b' }
  const attachments = hasFile ? { attachments: [file] } : {}
  const head = { project: 1, key: 'k', received_ms: startMs, event_id, ...attachments }
  return { kind: 'event' as const, ...head, event }
}

/** Marks frames, as maps do. */
const symbolicator = {
  prepare: async () => undefined,
  apply: (_project: number, event: SentryEvent) => {
    if (
      !event.debug_meta?.images?.length &&
      event.platform !== 'node' &&
      event.platform !== 'javascript'
    )
      return
    for (const { stacktrace } of event.exception?.values ?? []) {
      for (const frame of stacktrace?.frames ?? []) frame.function = 'mapped'
    }
  },
  hasUploads: () => true,
}

/** All that a digest of these reports leaves behind. */
async function digested(reports: readonly Report[]): Promise<unknown[][]> {
  const { digestion, database, rows } = digestionOf(undefined, {
    config: { kept_per_minute: 1 },
    group: (_project, event) => group(event, now),
    rulesOf: () => now.id,
    symbolicator,
  })
  const half = Math.floor(reports.length / 2)
  for (const [turn, part] of [reports.slice(0, half), reports.slice(half)].entries()) {
    const lines = part.map((report, at) => ({
      place: { segment: 'a', ordinal: turn * half + at },
      bytes: Buffer.from(encodeReport(report).trimEnd()),
    }))
    digestion.digest(await digestion.prepare(lines))
    digestion.commit({})
    // From now on the message decides.
    database.exec('update issues set split_by_message = 1 where id % 2 = 0')
    digestion.events.forget()
  }
  const tables = rows(
    `select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not like 'event_words_%'`,
  )
  return tables.map(({ name }) => {
    const all = database.prepare(`select * from ${String(name)}`)
    all.setReadBigInts(true)
    return all.all()
  })
}

test('a summary says what its event says, as long as the same rules hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { maxLength: 12 }), async (all) => {
      const plain = all.map(reportOf)
      const summed = all.map(({ summed: when }, at): Report => {
        const report = plain[at]!
        if (when === 'never' || namesMaps(report.event)) return report
        const rules = when === 'now' ? now : before
        return { ...report, summary: summarise(report.event, group(report.event, rules), rules.id) }
      })
      expect(await digested(summed)).toEqual(await digested(plain))
    }),
    { numRuns: runs },
  )
})
