import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  backupContentsName,
  defaultDataFolder,
  holdDataFolder,
  holderOf,
} from '../../core/data_folder.ts'

let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'weir-data-'))
})
afterEach(() => {
  rmSync(parent, { recursive: true, force: true })
})
const holder = { pid: 4711, started_at: '2026-11-21T10:00:00.000Z', command: 'weir start' }

test('the default follows XDG, and root has its own', () => {
  const user = { uid: 1000, home: '/home/a' }
  expect(defaultDataFolder({}, user)).toBe('/home/a/.local/share/weir')
  expect(defaultDataFolder({ XDG_DATA_HOME: '/x' }, user)).toBe('/x/weir')
  expect(defaultDataFolder({ XDG_DATA_HOME: 'relative' }, user)).toBe('/home/a/.local/share/weir')
  expect(defaultDataFolder({}, { uid: 0, home: '/root' })).toBe('/var/lib/weir')
})

test('one process to a folder; the other learns who it is', () => {
  const path = join(parent, 'a/b')
  expect(holderOf(path)).toBeUndefined()
  const folder = holdDataFolder(path, holder)
  expect(holderOf(path)).toEqual(holder)
  expect(() => holdDataFolder(path, { ...holder, pid: 1 })).toThrow(
    /in use by process 4711 \(weir start\) since 2026-11-21T10:00:00.000Z.*--data-dir/,
  )
  folder.release()
  folder.release()
  expect(holderOf(path)).toBeUndefined()
  expect(existsSync(join(path, 'lock.json'))).toBe(false)
  holdDataFolder(path, holder).release()
})

test('kill -9 frees it, and what it left behind is no obstacle', async () => {
  const path = join(parent, 'killed')
  const program = `
    import { holdDataFolder } from '${join(import.meta.dirname, '../../core/data_folder.ts')}'
    holdDataFolder('${path}', { pid: process.pid, started_at: 'then', command: 'x' })
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program])
  await once(child.stdout, 'data')
  expect(holderOf(path)?.pid).toBe(child.pid)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(JSON.parse(readFileSync(join(path, 'lock.json'), 'utf8'))).toMatchObject({ command: 'x' })
  holdDataFolder(path, holder).release()
})

test('a folder that cannot be used says why', () => {
  expect(() => holdDataFolder('/proc/weir', holder)).toThrow(
    /\/proc\/weir cannot be used.*--data-dir/,
  )
  if (process.getuid?.() === 0) return
  const path = join(parent, 'closed')
  holdDataFolder(path, holder).release()
  chmodSync(path, 0o500)
  expect(() => holdDataFolder(path, holder)).toThrow('cannot be used')
})

test('a lock that was removed beside a process that lives is not taken by another', () => {
  const path = join(parent, 'removed')
  const folder = holdDataFolder(path, { ...holder, pid: process.pid })
  rmSync(join(path, 'lock'))
  expect(() => holdDataFolder(path, { ...holder, pid: 1 })).toThrow(`process ${process.pid}`)
  expect(existsSync(join(path, 'lock'))).toBe(false)
  folder.release()
  holdDataFolder(path, { ...holder, pid: 1 }).release()
  // What a crash left says nothing.
  writeFileSync(join(path, 'lock.json'), JSON.stringify({ ...holder, pid: 4_194_305 }))
  rmSync(join(path, 'lock'))
  holdDataFolder(path, holder).release()
})

test('a backup is not opened, and stays what was saved', () => {
  const path = join(parent, 'backup')
  mkdirSync(join(path, 'journal'), { recursive: true })
  writeFileSync(join(path, backupContentsName), '{}')
  expect(() => holdDataFolder(path, holder)).toThrow(`weir restore ${path} --data-dir NEW`)
  expect(readdirSync(path).toSorted()).toEqual([backupContentsName, 'journal'])
})
