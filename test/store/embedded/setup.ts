import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Batch } from '../../../core/journal/batch.ts'
import { type Clock, systemClock } from '../../../core/clock.ts'
import type { Context } from '../../../core/context.ts'
import { type Files, systemFiles } from '../../../core/files.ts'
import type { Journal } from '../../../core/journal/journal.ts'
import type { PartitionWriter } from '../../../core/journal/writer.ts'
import { createMetrics, Registry } from '../../../core/metrics.ts'
import type { Answerer } from '../../../store/embedded/answerer.ts'
import type { StartChild } from '../../../store/embedded/child_handle.ts'
import { type EmbeddedOptions, embeddedConfig } from '../../../store/embedded/config.ts'
import { EmbeddedEngine } from '../../../store/embedded/engine.ts'
import { EngineProcess } from '../../../store/embedded/engine_process.ts'
import type { FromEngine } from '../../../store/embedded/protocol.ts'
import { sql, verbatim } from '../../../store/embedded/sql.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { openJournal, startWriter } from '../../core/journal/setup.ts'

/** Answers a search with `{hits: [_source, …]}` of all rows of the stream, or what `request.sql` selects of them. */
export const plainAnswerer: Answerer = {
  async search(target, request, _options, { reading, database, deadline }) {
    const needs = { words: [], equals: new Map() }
    const opened = reading.open(target.split(','), { ...needs, ...(request['needs'] as object) })
    try {
      const select = (request['sql'] as string | undefined) ?? '_source order by _journal, _ordinal'
      const [columns, order] = select.split(' order by ') as [string, string | undefined]
      const rows = await database.rows(
        sql`select ${verbatim(columns)} from ${opened.from} ${verbatim(order ? `order by ${order}` : '')}`,
        deadline,
      )
      const hits = JSON.parse(
        JSON.stringify(rows, (_, value: unknown) =>
          typeof value === 'bigint' ? Number(value) : value,
        ),
      ) as JsonRecord[]
      const { segments, skipped, damaged } = opened
      return { hits, read: segments.length, skipped, damaged: damaged.length }
    } finally {
      opened.close()
    }
  },
  count: () => Promise.reject(new Error('not here')),
  validate: () => Promise.resolve(),
  fieldCaps: () => Promise.resolve({}),
  termsEnum: () => Promise.resolve([]),
  mapping: () => Promise.resolve({}),
}

/** An engine process that is no process; `step` throws where it is to die. */
export function inProcess(
  answerer: Answerer = plainAnswerer,
  step: (name: string) => void = () => undefined,
  clock: Clock = systemClock,
  files: Files = systemFiles,
): StartChild {
  return ({ onMessage, onGone }) => {
    let isGone = false
    const gone = (why: string) => {
      if (isGone) return
      isGone = true
      onGone(why)
    }
    const engine = new EngineProcess({
      files,
      clock,
      answerer,
      send: (message: FromEngine) => {
        if (!isGone) onMessage(structuredClone(message))
      },
      step,
    })
    return {
      pid: undefined,
      send: (message) => {
        if (isGone) return
        const copy = structuredClone(message)
        void engine.receive(copy).then(() => copy.kind === 'stop' && gone('stopped'))
      },
      kill: () => void engine.stop().then(() => gone('killed by SIGKILL')),
    }
  }
}

export interface TestStore {
  readonly folder: string
  readonly journal: Journal
  readonly writer: PartitionWriter
  readonly engine: EmbeddedEngine
  append(batch: Batch): Promise<void>
  /** `hits` of a search for everything. */
  all(stream: string, request?: JsonRecord): Promise<JsonRecord[]>
  /** Ends all and removes the folder. */
  close(): Promise<void>
}

export function testContext(dataFolder: string, counts = new Map<string, number>()): Context {
  return {
    id: 'store',
    log: pino({ level: 'silent' }),
    clock: systemClock,
    metrics: createMetrics(new Registry()),
    count: (reason, amount = 1) => void counts.set(reason, (counts.get(reason) ?? 0) + amount),
    random: () => 0,
    dataFolder,
  }
}

export async function openStore(
  options: Partial<EmbeddedOptions> = {},
  startChild: StartChild = inProcess(),
  given?: string,
): Promise<TestStore> {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'weir-store-'))
  const world = { files: systemFiles, dataFolder: folder }
  const journal = await openJournal(world)
  const feed = journal.feed('store', {})
  const writer = await startWriter(journal, world)
  const base = embeddedConfig.parse({
    refresh_interval: '20ms',
    threads: 1,
    memory_limit: '256MB',
    // What tests write is of days that pass.
    retention: { age: '40000d' },
  })
  const engine = new EmbeddedEngine(
    { ...base, ...options },
    {
      context: testContext(folder),
      feed,
      routes: { outputs: [{ match: '**', final: false, isStore: true }], points: true },
      startChild,
    },
  )
  await engine.start()
  return {
    folder,
    journal,
    writer,
    engine,
    append: async (batch) => void (await writer.append([batch])),
    all: async (stream, request = {}) => {
      const answer = await engine.search(stream, request, {}, AbortSignal.timeout(10_000))
      return answer['hits'] as JsonRecord[]
    },
    close: async () => {
      await engine.stop(AbortSignal.timeout(10_000))
      await writer.close(AbortSignal.timeout(20_000))
      if (given === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}
