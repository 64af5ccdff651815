import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../../../errors/database/open.ts'
import { startMs } from './setup.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-errors-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a damaged database is moved aside, and a new one begins', () => {
  const path = join(folder, 'damaged.sqlite')
  writeFileSync(path, 'this is no database at all, and long enough to be taken for one'.repeat(100))
  const { database, setAside } = openDatabase(path, startMs)
  expect(setAside?.path).toBe(`${path}.damaged-2026-01-05T120000.000Z`)
  expect(readdirSync(folder)).toContain('damaged.sqlite.damaged-2026-01-05T120000.000Z')
  expect(database.prepare('select count(*) as n from issues').get()).toMatchObject({ n: 0 })
  database.close()
})

test('one that a newer Weir wrote is left as it is', () => {
  const path = join(folder, 'newer.sqlite')
  const { database } = openDatabase(path, startMs)
  database.exec('pragma user_version = 99')
  database.close()
  expect(() => openDatabase(path, startMs)).toThrow('start the newer Weir')
})

const withoutEarlyItems = 'drop index attachments_without_issue; drop index feedback_without_issue'

test('one of version 1 gets its index of archives, and keeps what it has', () => {
  const path = join(folder, 'older.sqlite')
  const { database: made } = openDatabase(path, startMs)
  made.exec(`drop index issue_texts_by_archive_end; ${withoutEarlyItems}; pragma user_version = 1;
    insert into issue_texts (issue, title, archive) values (1, 'ends', '{"until_ms":5}'), (2, 'does not', null)`)
  made.close()
  const { database, setAside } = openDatabase(path, startMs)
  expect(setAside).toBeUndefined()
  expect(database.prepare('pragma user_version').get()).toEqual({ user_version: 3 })
  expect(
    database
      .prepare(
        `select title from issue_texts indexed by issue_texts_by_archive_end
         where json_extract(archive, '$.until_ms') is not null`,
      )
      .all(),
  ).toEqual([{ title: 'ends' }])
  database.close()
})

test("one of version 2: files and feedback that came before a kept event are its issue's", () => {
  const path = join(folder, 'early.sqlite')
  const { database: made } = openDatabase(path, startMs)
  made.exec(`${withoutEarlyItems}; pragma user_version = 2;
    insert into events (project, event_id, issue, hash, received_ms, timestamp_ms, level, why, bytes)
      values (1, x'aa', 7, 'h', 0, 0, 'error', 1, 0);
    insert into attachments (project, event_id, name, type, content_type, size, blob, received_ms)
      values (1, x'aa', 'a', '', '', 0, '', 0), (2, x'aa', 'b', '', '', 0, '', 0);
    insert into feedback (project, event_id, message, source, received_ms)
      values (1, x'aa', 'early', '', 0), (1, null, 'of nothing', '', 0)`)
  made.close()
  const { database } = openDatabase(path, startMs)
  const issues = (table: string) =>
    database
      .prepare(`select issue from ${table} order by id`)
      .all()
      .map((row) => row['issue'])
  expect(issues('attachments')).toEqual([7, null])
  expect(issues('feedback')).toEqual([7, null])
  database.close()
})
