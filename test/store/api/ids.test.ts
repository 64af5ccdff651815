import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { catalogueStore } from '../../../store/api/catalogue_store.ts'
import { apiSchema, openApiDatabase } from '../../../store/api/database.ts'
import { type Identity, idTable } from '../../../store/api/ids.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-api-'))
  folders.push(folder)
  return join(folder, 'api.sqlite')
}
function inMemory() {
  const sqlite = new DatabaseSync(':memory:')
  sqlite.exec(apiSchema)
  return { sqlite, ids: idTable(sqlite) }
}

test('a change counts once it is committed, and not after a rollback', () => {
  const { ids } = inMemory()
  const first = ids.begin()
  expect(first.set('a', 'x', 1)).toBe(1)
  expect(first.get('a', 'x')).toEqual({ seq: 1, version: 1 })
  expect(ids.get('a', 'x')).toBeUndefined()
  first.commit()
  expect(ids.get('a', 'x')).toEqual({ seq: 1, version: 1 })
  const second = ids.begin()
  second.remove('a', 'x')
  expect(second.get('a', 'x')).toBeUndefined()
  second.rollback()
  expect(ids.get('a', 'x')).toEqual({ seq: 1, version: 1 })
  const third = ids.begin()
  third.remove('a', 'x')
  third.commit()
  expect(ids.get('a', 'x')).toBeUndefined()
})

test('an id is held by one transaction at a time', async () => {
  const { ids } = inMemory()
  const first = ids.begin()
  first.set('a', 'x', 1)
  expect(ids.held([['a', 'y']])).toBeUndefined()
  expect(ids.held([['b', 'x']])).toBeUndefined()
  let isFree = false
  const held = ids.held([['a', 'x']])!.then(() => (isFree = true))
  await Promise.resolve()
  expect(isFree).toBe(false)
  first.commit()
  await held
  expect(ids.held([['a', 'x']])).toBeUndefined()
})

test('what is settled is all before the oldest change under way', () => {
  const { ids } = inMemory()
  const [first, second] = [ids.begin(), ids.begin()]
  first.set('a', 'x', 1)
  second.set('a', 'y', 1)
  second.next()
  second.commit()
  expect(ids.settledSeq).toBe(0)
  first.commit()
  expect(ids.settledSeq).toBe(3)
})

test('an index that is deleted and made again has no ids', () => {
  const { sqlite, ids } = inMemory()
  const fill = ids.begin()
  for (let n = 0; n < 5_000; n++) fill.set('a', `${n}`, 1)
  fill.set('b', '1', 1)
  fill.commit()
  expect(ids.deleteIndex('a')).toBe(5_001)
  expect(ids.get('a', '1')).toBeUndefined()
  const again = ids.begin()
  expect(again.set('a', '1', 1)).toBe(5_002)
  again.commit()
  expect(ids.get('a', '1')).toEqual({ seq: 5_002, version: 1 })
  expect(ids.get('b', '1')).toBeDefined()
  for (let n = 0; n < 4; n++) {
    const more = ids.begin()
    more.set('b', '1', 1)
    more.commit()
  }
  const { rows } = sqlite.prepare('select count(*) as rows from id').get()!
  expect(rows).toBe(2)
})

test('after a clean end nothing is missing, after another the changes since are taken over', async () => {
  const path = file()
  const open = () => {
    const { sqlite, isNew } = openApiDatabase(path, `${path}.aside`)
    return { sqlite, ids: idTable(sqlite), isNew }
  }
  const one = open()
  expect([one.isNew, one.ids.needsRecovery]).toEqual([true, true])
  await one.ids.recover([])
  const change = one.ids.begin()
  change.set('a', 'x', 1)
  change.commit()
  one.ids.close()
  one.sqlite.close()

  const two = open()
  expect([two.isNew, two.ids.needsRecovery, two.ids.settledSeq]).toEqual([false, false, 1])
  const more = two.ids.begin()
  expect(more.set('a', 'y', 1)).toBe(2)
  more.set('a', 'lost', 1)
  // The append is durable; the process ends before it is noted.
  two.sqlite.close()

  const three = open()
  expect(three.ids.needsRecovery).toBe(true)
  const changes: Identity[] = [
    { index: 'a', id: 'x', seq: 1, op: 'create' },
    { index: 'a', id: 'y', seq: 2, op: 'index' },
    { index: 'a', id: 'z', seq: 3, op: 'index' },
    { index: 'a', id: 'z', seq: 4, op: 'delete' },
    { index: 'a', id: 'y', seq: 5, op: 'index' },
  ]
  await three.ids.recover(changes)
  expect(three.ids.get('a', 'x')).toEqual({ seq: 1, version: 1 })
  expect(three.ids.get('a', 'y')).toEqual({ seq: 5, version: 2 })
  expect(three.ids.get('a', 'z')).toBeUndefined()
  // Numbers that the lost process may have used are not used again.
  expect(three.ids.begin().next()).toBeGreaterThan(5)
  three.sqlite.close()
})

test('a lost table is made from the documents', async () => {
  const { ids } = inMemory()
  async function* rows(): AsyncGenerator<Identity> {
    for (let n = 1; n <= 12_000; n++) yield { index: 'a', id: `${n % 7_000}`, seq: n, op: 'index' }
  }
  await ids.recover(rows())
  expect(ids.get('a', '5')).toEqual({ seq: 7_005, version: 2 })
  expect(ids.begin().next()).toBe(12_001)
})

test('a table that was lost stays so until all is learnt, whoever dies meanwhile', async () => {
  const path = file()
  const open = () => {
    const { sqlite } = openApiDatabase(path, `${path}.aside`)
    return { sqlite, ids: idTable(sqlite) }
  }
  const one = open()
  async function* dying(): AsyncGenerator<Identity> {
    for (let n = 1; n <= 6_000; n++) yield { index: 'a', id: `${n}`, seq: n, op: 'index' }
    throw new Error('killed')
  }
  await expect(one.ids.recover(dying())).rejects.toThrow('killed')
  one.sqlite.close()

  const two = open()
  expect([two.ids.isLost, two.ids.settledSeq]).toEqual([true, 0])
  await two.ids.recover([{ index: 'a', id: '9000', seq: 9_000, op: 'index' }])
  two.sqlite.close()

  const three = open()
  expect([three.ids.isLost, three.ids.needsRecovery]).toEqual([false, true])
  expect(three.ids.get('a', '5')).toEqual({ seq: 5, version: 1 })
  // Nothing was given since: what was learnt is not given anew either.
  expect(three.ids.begin().next()).toBeGreaterThan(9_000)
  three.sqlite.close()
})

test('a table that is to learn anew does so at the next start, however this one ends', async () => {
  const { sqlite, ids } = inMemory()
  await ids.recover([])
  ids.learnAnew()
  ids.close()
  const again = idTable(sqlite)
  expect([again.isLost, again.needsRecovery]).toEqual([true, true])
  await again.recover([{ index: 'a', id: 'x', seq: 3, op: 'index' }])
  again.close()
  expect(idTable(sqlite).needsRecovery).toBe(false)
})

test('no number is given that the rest of the store knows, nor one that only a lost table knew', async () => {
  const { sqlite, ids } = inMemory()
  await ids.recover([{ index: 'a', id: 'x', seq: 3, op: 'index' }])
  ids.beginAbove(41)
  const first = ids.begin().next()
  expect(first).toBeGreaterThan(1_000_000)
  const again = idTable(sqlite)
  await again.recover([])
  again.beginAbove(5_000_000)
  expect(again.begin().next()).toBe(5_000_001)

  const empty = inMemory().ids
  await empty.recover([])
  empty.beginAbove(0)
  expect(empty.begin().next()).toBe(1)
})

test('a file that is no database is put aside', () => {
  const path = file()
  writeFileSync(path, 'not at all a database, but long enough to look like one '.repeat(100))
  const { sqlite, isNew, setAside } = openApiDatabase(path, `${path}.broken`)
  expect([isNew, setAside]).toEqual([true, `${path}.broken`])
  expect(readdirSync(join(path, '..'))).toContain('api.sqlite.broken')
  sqlite.close()
})

test('the catalogue is there after a restart', () => {
  const path = file()
  const first = openApiDatabase(path, `${path}.aside`)
  const store = catalogueStore(first.sqlite)
  store.put('index', 'a', { settings: { n: 1 } })
  store.put('pipeline', 'a', { processors: [] })
  store.put('index', 'b', {})
  expect(store.delete('index', 'b')).toBe(true)
  expect(store.delete('index', 'b')).toBe(false)
  first.sqlite.close()
  const second = openApiDatabase(path, `${path}.aside`)
  const again = catalogueStore(second.sqlite)
  expect([...again.all('index')]).toEqual([['a', { settings: { n: 1 } }]])
  expect(again.get('pipeline', 'a')).toEqual({ processors: [] })
  second.sqlite.close()
})
