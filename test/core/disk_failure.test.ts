import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { isDiskFailure } from '../../core/disk_failure.ts'

function failureOf(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (failure) {
    return failure
  }
}

test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])('%s is the disk', (code) => {
  expect(isDiskFailure(Object.assign(new Error(code), { code }))).toBe(true)
})

test('what SQLite says of a full disk is the disk, what it says of a file is not', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('create table t (a); pragma max_page_count = 2')
  const insert = () => database.exec('insert into t values (zeroblob(100000))')
  expect(isDiskFailure(failureOf(insert))).toBe(true)
  expect(isDiskFailure(failureOf(() => database.exec('select nothing')))).toBe(false)
  database.close()
  // SQLITE_IOERR_SHMSIZE, and SQLITE_NOTADB.
  const sqlite = (errcode: number) =>
    Object.assign(new Error(), { code: 'ERR_SQLITE_ERROR', errcode })
  expect(isDiskFailure(sqlite(10 | (19 << 8)))).toBe(true)
  expect(isDiskFailure(sqlite(26))).toBe(false)
})

test.each([new Error('EIO'), Object.assign(new Error(), { code: 'ENOENT' }), 'EIO', undefined])(
  'other failures are not: %s',
  (failure) => expect(isDiskFailure(failure)).toBe(false),
)
