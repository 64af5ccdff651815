import { DatabaseSync, type SQLInputValue, type StatementResultingChanges } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Batch } from '../../../core/journal/batch.ts'
import type { Chunk } from '../../../core/journal/chunk.ts'
import type { Places } from '../../../core/journal/cursor.ts'
import type { JournalFollower } from '../../../core/journal/follower.ts'
import { isDamage, openDatabase } from '../../../errors/database/open.ts'
import { Digester } from '../../../errors/digest/digester.ts'
import { encodeReport, type Report, reportsPartition } from '../../../errors/reports.ts'
import { fakeContext } from '../../collector/fake_world.ts'
import { eventually } from '../../eventually.ts'
import { temporaryFolder } from '../../temporary_folder.ts'
import { digestionOf, eventReport, openMemory } from './setup.ts'

const segment = 'a'

/** Reports as a follower of the journal gives them. */
class Arrived {
  readonly #lines: string[] = []
  #changed = Promise.withResolvers<void>()

  add(...reports: readonly Report[]): void {
    this.#lines.push(...reports.map((report) => encodeReport(report)))
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  follow(cursor: Places): JournalFollower {
    let next = cursor[reportsPartition]?.ordinal ?? 0
    const read = async (): Promise<{ chunk: Chunk } | undefined> => {
      const [ordinal, lines] = [next, this.#lines.slice(next)]
      next += lines.length
      if (lines.length === 0) return undefined
      const bytes = Buffer.from(lines.join(''))
      const count = lines.length
      const part = { stream: '', tag: '', ordinal, count, start: 0, end: bytes.length }
      return { chunk: { segment, parts: [part], bytes, count } }
    }
    const changed = () => this.#changed.promise
    const follower = {
      read,
      get changed() {
        return changed()
      },
      get places() {
        return { [reportsPartition]: { segment, ordinal: next } }
      },
      isBehind: () => next < this.#lines.length,
      from: (place: Places) => this.follow(place),
      close: async () => undefined,
    }
    return follower as unknown as JournalFollower
  }
}

/** Whatever writes fails as on a full disk while `isFull`, and SQLite takes back the transaction under way. */
class FillingDisk {
  readonly database = openMemory()
  isFull = false

  constructor() {
    const { database } = this
    const [prepare, exec] = [database.prepare.bind(database), database.exec.bind(database)]
    const check = () => {
      if (!this.isFull) return
      if (database.isTransaction) exec('rollback')
      throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    }
    database.exec = (sql) => {
      if (sql === 'commit') check()
      exec(sql)
    }
    database.prepare = (sql) => {
      const statement = prepare(sql)
      const run: (...values: SQLInputValue[]) => StatementResultingChanges =
        statement.run.bind(statement)
      statement.run = (...values: unknown[]) => {
        check()
        return run(...(values as SQLInputValue[]))
      }
      return statement
    }
  }
}

let digester: Digester | undefined
afterEach(async () => {
  await digester?.stop(AbortSignal.abort())
  digester = undefined
})

interface Hooks {
  /** Before the journal has lines. */
  readonly append?: () => void
  /** While a transaction is open. */
  readonly amid?: () => void
}

/** A digester that runs. */
function digesting(database: DatabaseSync, { append, amid }: Hooks = {}) {
  const arrived = new Arrived()
  const context = fakeContext()
  const damages: unknown[] = []
  const appended: string[] = []
  let begun = 0
  digester = new Digester(undefined, {
    context,
    database,
    append: async (batches: readonly Batch[]) => {
      append?.()
      for (const { bytes } of batches) {
        const lines = Buffer.from(bytes).toString().trimEnd().split('\n')
        appended.push(...lines.map((line) => (JSON.parse(line) as { message: string }).message))
      }
      return 'durable'
    },
    follow: (cursor) => arrived.follow(cursor),
    digestion: (sent) => {
      begun += 1
      return digestionOf(database, { sent, count: context.count }).digestion
    },
    unit: () => {
      amid?.()
      return { events: 1000, ms: 1000 }
    },
    keepUp: () => false,
    advanced: () => undefined,
    isDamage,
  })
  digester.start((failure) => damages.push(failure))
  const counted = () => {
    digester!.trySettle()
    const row = database.prepare('select ifnull(sum(events), 0) as events from issues').get()
    return Number(row?.['events'])
  }
  const rows = (table: string) =>
    Number(database.prepare(`select count(*) as rows from ${table}`).get()!['rows'])
  return { digester, arrived, context, damages, appended, counted, rows, begun: () => begun }
}

const report = (id: number) => eventReport({ id, value: String(id) })
const messages = (...ids: number[]) => ids.map((id) => `Error: ${id}`)

test('a disk that is full amid an append ends no digester, fails no question, and sends no line twice', async () => {
  const disk = new FillingDisk()
  const fill = () => void (disk.isFull = disk.isFull || appended.length === 0)
  const { arrived, appended, counted, damages, rows, begun } = digesting(disk.database, {
    append: fill,
  })
  arrived.add(report(1), report(2))
  await eventually(() => expect(appended).toEqual(messages(1, 2)))
  // What the journal has cannot be deleted.
  expect(rows('outbox')).toBe(1)

  arrived.add(report(3))
  await eventually(() => expect(begun()).toBeGreaterThan(6))
  expect(counted()).toBe(2)
  expect(digester!.trouble).toBe('database or disk is full')
  expect(damages).toEqual([])

  disk.isFull = false
  await eventually(() => expect(counted()).toBe(3))
  await eventually(() => expect(rows('outbox')).toBe(0))
  expect(appended).toEqual(messages(1, 2, 3))
  await eventually(() => expect(digester!.trouble).toBeUndefined())
})

test('what the journal has is deleted once there is room, though nothing more arrives', async () => {
  const disk = new FillingDisk()
  const fill = () => void (disk.isFull = true)
  const { arrived, appended, rows } = digesting(disk.database, { append: fill })
  arrived.add(report(1))
  await eventually(() => expect(appended).toEqual(messages(1)))
  expect(rows('outbox')).toBe(1)
  disk.isFull = false
  await eventually(() => expect(rows('outbox')).toBe(0))
  expect(appended).toEqual(messages(1))
})

test('a transaction that SQLite takes back by itself is digested again', async () => {
  const database = openMemory()
  let takenBack = 0
  const amid = () => {
    if (takenBack === 0) database.exec('rollback')
    takenBack = 1
  }
  const { arrived, appended, counted, rows, context } = digesting(database, { amid })
  arrived.add(report(1), report(2))
  await eventually(() => expect(takenBack).toBe(1))
  arrived.add(report(3))
  await eventually(() => expect(counted()).toBe(3))
  expect(rows('events')).toBe(3)
  await eventually(() => expect(appended).toEqual(messages(1, 2, 3)))
  expect(context.counted.size).toBe(0)
})

test('a database that somebody else has locked costs no report, however long', async () => {
  const path = join(await temporaryFolder('digester'), 'errors.sqlite')
  const { database } = openDatabase(path, 0)
  database.exec('pragma busy_timeout = 0')
  const other = new DatabaseSync(path)
  const { arrived, counted, context, begun } = digesting(database)
  other.exec('begin immediate')
  arrived.add(report(1))
  await eventually(() => expect(begun()).toBeGreaterThan(6))
  other.exec('rollback')
  other.close()
  await eventually(() => expect(counted()).toBe(1))
  expect(context.counted.size).toBe(0)
})
