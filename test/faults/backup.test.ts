/** A backup and a restore that are killed at every step that changes the disk. */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readContents } from '../../commands/backup/contents.ts'
import { refuseHalfRestored, restoreInto } from '../../commands/backup/restored.ts'
import { removeLeftSnapshot } from '../../commands/backup/snapshot.ts'
import { backupOperations } from '../../commands/backup_operation.ts'
import { systemClock } from '../../core/clock.ts'
import { systemFiles } from '../../core/files.ts'
import { openJournal } from '../core/journal/setup.ts'
import { openStore } from '../store/embedded/setup.ts'
import { DyingDisk } from './dying_disk.ts'

/** In memory where that is a folder: some thousand files are made. */
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'weir-backup-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const data = join(root, 'data')
/** Checksums of what is there, by path; SQLite's own files beside a database come and go with who reads it. */
function contentsOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  const files = entries
    .filter((entry) => entry.isFile() && !/^lock|-(wal|shm)$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
  return Object.fromEntries(
    files.map((path) => {
      const sum = createHash('sha256').update(readFileSync(path)).digest('hex')
      return [relative(folder, path), sum]
    }),
  )
}

beforeAll(async () => {
  const store = await openStore({}, undefined, data)
  for (let n = 0; n < 4; n++) {
    const bytes = Buffer.from(`{"@timestamp":"2026-11-2${n}T10:00:00Z","n":${n}}\n`)
    await store.append({ stream: `logs-a${n % 2}-default`, tag: 'a', bytes, count: 1 })
    await store.engine.refresh()
  }
  await store.close()
  for (const name of ['dead', 'readers']) mkdirSync(join(data, name), { recursive: true })
  writeFileSync(join(data, 'dead', 'es.ndjson'), '{}\n')
  writeFileSync(join(data, 'readers', 'es.json'), '{}')
})

let folders = 0
const newFolder = (name: string) => join(root, `${name}-${folders++}`)

/** @returns whether it came to its end before the disk died */
async function survives(changes: number, work: () => Promise<void>): Promise<boolean> {
  const disk = new DyingDisk(changes)
  try {
    await work()
  } catch (failure) {
    if (!disk.hasDied) throw failure
  } finally {
    disk.end()
  }
  return !disk.hasDied
}

async function backUp(journal: Awaited<ReturnType<typeof openJournal>>, folder: string) {
  const operations = backupOperations(data, () => journal, systemClock)
  for await (const _ of operations['backup']!({ folder })) continue
}

async function restore(from: string, into: string) {
  await restoreInto(into, from, readContents(from), () => undefined)
}

/** What a restored folder has to hold. */
let saved: string
let expected: Record<string, string>

test('a backup that dies leaves the data as they were, and is no backup', async () => {
  const journal = await openJournal({ files: systemFiles, dataFolder: data })
  const before = contentsOf(data)
  expect(Object.keys(before).some((path) => path.endsWith('.parquet'))).toBe(true)
  let [steps, whole] = [0, 0]
  for (; ; steps++) {
    saved = newFolder('saved')
    const isDone = await survives(steps, () => backUp(journal, saved))
    // What the next start does.
    removeLeftSnapshot(data)
    expect(contentsOf(data), `after ${steps} changes`).toEqual(before)
    if (isDone) break
    if (!existsSync(join(saved, 'backup.json'))) {
      expect(() => readContents(saved)).toThrow('holds no whole backup')
      continue
    }
    // Only its last sync was missing, or taking the snapshot away.
    whole++
    const into = newFolder('restored')
    mkdirSync(into)
    await restore(saved, into)
  }
  expect(steps).toBeGreaterThan(40)
  expect(whole).toBeLessThanOrEqual(3)
  const { 'backup.json': _, ...files } = contentsOf(saved)
  expected = files
})

test('a restore that dies is refused until it is run again, and is whole then', async () => {
  let steps = 0
  for (; ; steps++) {
    const into = newFolder('restored')
    mkdirSync(into)
    writeFileSync(join(into, 'lock'), '')
    const isDone = await survives(steps, () => restore(saved, into))
    const found = contentsOf(into)
    if (isDone || !isHalf(into)) {
      // Nothing at all, or all of it: a Weir may start on either.
      expect([{}, expected], `after ${steps} changes`).toContainEqual(found)
    }
    if (isDone) break
    if (Object.keys(found).length > 0 && !isHalf(into)) continue
    await restore(saved, into)
    expect(contentsOf(into), `after ${steps} changes`).toEqual(expected)
    expect(isHalf(into)).toBe(false)
    rmSync(into, { recursive: true })
  }
  expect(steps).toBeGreaterThan(40)
})

function isHalf(folder: string): boolean {
  try {
    refuseHalfRestored(folder)
    return false
  } catch {
    return true
  }
}
