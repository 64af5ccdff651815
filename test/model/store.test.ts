import { documentsTag } from '../../store/documents_tag.ts'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch } from '../../core/journal/batch.ts'
import { systemClock } from '../../core/clock.ts'
import { systemFiles } from '../../core/files.ts'
import type { Journal } from '../../core/journal/journal.ts'
import type { PartitionWriter } from '../../core/journal/writer.ts'
import { embeddedConfig } from '../../store/embedded/config.ts'
import { database } from '../../store/embedded/database.ts'
import { JournalFollower } from '../../core/journal/follower.ts'
import { Sealer } from '../../store/embedded/sealer.ts'
import { Maintenance } from '../../store/embedded/segments/maintenance.ts'
import { SegmentStore } from '../../store/embedded/segments/segment_store.ts'
import { sql } from '../../store/embedded/sql.ts'
import { openJournal, startWriter } from '../core/journal/setup.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 60)

type Step =
  | {
      readonly do: 'append'
      readonly stream: number
      readonly count: number
      readonly daysAgo: number
    }
  | { readonly do: 'put'; readonly stream: number; readonly id: number }
  | { readonly do: 'delete'; readonly stream: number; readonly id: number }
  | { readonly do: 'seal' | 'compact' | 'restart' }
  | { readonly do: 'drop'; readonly stream: number }
  /** The process is gone at the so manieth step that it may be gone at. */
  | { readonly do: 'die'; readonly after: number }

const stream = fc.nat(1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      stream,
      count: fc.integer({ min: 1, max: 4 }),
      daysAgo: fc.constantFrom(0, 1, 40),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('put' as const), stream, id: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete' as const), stream, id: fc.nat(2) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('seal' as const, 'compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), stream }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('die' as const), after: fc.nat(12) }) },
)

class Died extends Error {}

/** A store that can die, and what has to be in it. */
class Scenario {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-store-model-'))
  journal!: Journal
  writer!: PartitionWriter
  /** By stream: the texts that a question has to find, what is too old aside. */
  readonly expected = [new Set<string>(), new Set<string>()]
  /** Too old: may be there, or not. */
  readonly old = new Set<string>()
  /** By stream and id: the newest `_seq` and its text. */
  readonly documents = new Map<string, { seq: number; text: string }>()
  #store: SegmentStore | undefined
  #sealer: Sealer | undefined
  #maintenance: Maintenance | undefined
  #seq = 0
  #n = 0
  #stepsLeft = Infinity

  async open(): Promise<void> {
    this.journal = await openJournal({ files: systemFiles, dataFolder: this.folder })
    this.writer = await startWriter(this.journal, { files: systemFiles, dataFolder: this.folder })
  }

  async close(): Promise<void> {
    this.#stepsLeft = Infinity
    await this.#end()
    await this.writer.close(AbortSignal.timeout(20_000))
    rmSync(this.folder, { recursive: true, force: true })
  }

  async run(action: Step): Promise<void> {
    if (action.do === 'append')
      return await this.#append(action.stream, action.count, action.daysAgo)
    if (action.do === 'put') return await this.#put(action.stream, action.id)
    if (action.do === 'delete') return await this.#delete(action.stream, action.id)
    if (action.do === 'die') return void (this.#stepsLeft = action.after)
    try {
      // What is appended here, the store hears of when it starts again.
      if (action.do === 'restart' || action.do === 'drop') await this.#end()
      await this.#alive()
      await this.#sealer!.refresh()
      if (action.do === 'compact') await this.#maintenance!.compact(AbortSignal.timeout(20_000))
      if (action.do === 'drop') await this.#drop(action.stream)
    } catch (failure) {
      if (!String(failure).includes('Died')) throw failure
      await this.#kill()
      // Half done, and to be done.
      if (action.do === 'drop') await this.#drop(action.stream)
    }
  }

  async check(): Promise<void> {
    this.#stepsLeft = Infinity
    await this.#alive()
    await this.#sealer!.refresh()
    for (const [number, expected] of this.expected.entries()) {
      const found = (await this.#texts(number)).filter((text) => !this.old.has(text))
      expect(found.toSorted()).toEqual(
        [...expected].filter((text) => !this.old.has(text)).toSorted(),
      )
    }
    const folder = join(this.folder, 'store')
    const named = [...this.#store!.manifest.segments.values()].map(({ file }) => file)
    await this.#store!.sweep()
    const there = readdirSync(join(folder, 'segments'), { recursive: true }) as string[]
    expect(there.filter((file) => file.endsWith('.parquet')).toSorted()).toEqual(named.toSorted())
  }

  async #texts(number: number): Promise<string[]> {
    const opened = this.#store!.reading.open([nameOf(number)], { words: [], equals: new Map() })
    const rows = await this.#store!.connected((connection) =>
      database(connection).rows(
        sql`select json_extract_string(_source, '$.text') as text from ${opened.from}`,
        AbortSignal.timeout(10_000),
      ),
    )
    opened.close()
    return rows.map(({ text }) => text as string)
  }

  async #append(number: number, count: number, daysAgo: number): Promise<void> {
    const time = new Date(systemClock.now() - daysAgo * 864e5).toISOString()
    const texts = Array.from({ length: count }, () => `event ${this.#n++}`)
    const lines = texts.map((text) => `${JSON.stringify({ '@timestamp': time, text })}\n`)
    await this.#write(number, 'tag', lines)
    for (const text of texts) {
      this.expected[number]!.add(text)
      if (daysAgo > 14) this.old.add(text)
    }
  }

  async #put(number: number, id: number): Promise<void> {
    const seq = ++this.#seq
    const key = `${number}/${id}`
    const before = this.documents.get(key)
    const text = `document ${id} ${seq}`
    const head = { id: String(id), seq, op: 'index', ...(before && { replaces: before.seq }) }
    const time = new Date(systemClock.now()).toISOString()
    const line = `{"@timestamp":"${time}","@es":${JSON.stringify(head)},"source":{"text":"${text}"}}\n`
    await this.#write(number, documentsTag, [line])
    if (before) this.expected[number]!.delete(before.text)
    this.expected[number]!.add(text)
    this.documents.set(key, { seq, text })
  }

  async #delete(number: number, id: number): Promise<void> {
    const key = `${number}/${id}`
    const before = this.documents.get(key)
    if (!before) return
    const head = { id: String(id), seq: ++this.#seq, op: 'delete', replaces: before.seq }
    await this.#write(number, documentsTag, [
      `{"@timestamp":"${new Date(systemClock.now()).toISOString()}","@es":${JSON.stringify(head)}}\n`,
    ])
    this.expected[number]!.delete(before.text)
    this.documents.delete(key)
  }

  async #write(number: number, tag: string, lines: readonly string[]): Promise<void> {
    const batch: Batch = {
      stream: nameOf(number),
      tag,
      bytes: Buffer.from(lines.join('')),
      count: lines.length,
    }
    await this.writer.append([batch])
  }

  async #drop(number: number): Promise<void> {
    await this.#alive()
    await this.#sealer!.deleteStream(nameOf(number), this.#seq)
    this.expected[number]!.clear()
    for (const key of this.documents.keys())
      if (key.startsWith(`${number}/`)) this.documents.delete(key)
  }

  async #alive(): Promise<void> {
    if (this.#store) return
    const options = embeddedConfig.parse({ threads: 1, memory_limit: '256MB' })
    const world = {
      files: systemFiles,
      clock: systemClock,
      folder: join(this.folder, 'store'),
      notice: () => undefined,
      count: () => undefined,
      step: () => {
        if (this.#stepsLeft-- <= 0) throw new Died('Died')
      },
    }
    const store = await SegmentStore.open(world, { memory: 256_000_000, threads: 1 }, 1_000_000)
    const partitions = this.journal.partitions.map(({ name, folder, segments }) => {
      return { name, folder, segments: segments.map(({ id, end }) => ({ id, end: { ...end } })) }
    })
    const follow = (cursor: ConstructorParameters<typeof JournalFollower>[0]) =>
      new JournalFollower(cursor, partitions, {
        files: systemFiles,
        clock: systemClock,
        wants: () => true,
        lost: (_, why) => expect.fail(why),
      })
    const sealing = {
      chunkBytes: 400,
      readBytes: 200,
      refreshMs: 1,
      fieldsMax: 100,
      wordsMax: 1_000,
    }
    const quiet = { onSealed: () => undefined, onPaused: () => undefined }
    this.#store = store
    this.#sealer = new Sealer(store, follow, sealing, quiet)
    const beside = { bytes: () => 0, release: async () => undefined }
    this.#maintenance = new Maintenance(store, options, beside, systemClock)
    this.#sealer.start()
  }

  async #kill(): Promise<void> {
    await this.#end()
    this.#stepsLeft = Infinity
  }

  async #end(): Promise<void> {
    await this.#sealer?.stop()
    await this.#maintenance?.stop()
    await this.#store?.close()
    this.#store = undefined
  }
}

const nameOf = (number: number) => `logs-${number}-default`

test('whatever dies when: nothing lost, nothing doubled, nothing left behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const scenario = new Scenario()
      await scenario.open()
      try {
        for (const each of steps) {
          // The journal goes on by itself: the store hears of it when it starts again.
          if (each.do === 'append' || each.do === 'put' || each.do === 'delete')
            await scenario.run({ do: 'restart' })
          await scenario.run(each)
        }
        await scenario.run({ do: 'restart' })
        await scenario.check()
      } finally {
        await scenario.close()
      }
    }),
    { numRuns: runs },
  )
})
