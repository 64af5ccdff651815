/** However often Weir is killed amid reports with files: no file that a report names is missing, and no other stays. */
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Blobs } from '../../errors/blobs.ts'
import { OrphanedBlobs } from '../../errors/digest/orphaned_blobs.ts'
import { Weirs } from '../e2e/weirs.ts'
import { waitFor } from '../peers/process.ts'
import { digestedAll, key, shopConfig } from './error_counts.ts'

const twoHoursMs = 7_200_000

let weirs: Weirs
beforeAll(() => {
  weirs = new Weirs()
})
afterAll(() => weirs.end())

async function sendUntilGone(url: string, acknowledged: Set<string>): Promise<void> {
  for (;;) {
    const id = randomBytes(16).toString('hex')
    const item = `{"type":"attachment","filename":"a"}\n${id}\n`
    try {
      const answer = await fetch(url, { method: 'POST', body: `{"event_id":"${id}"}\n${item}` })
      await answer.arrayBuffer()
      if (answer.status === 200) acknowledged.add(id)
    } catch {
      return
    }
  }
}

const filesIn = (blobs: string) =>
  readdirSync(blobs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.length === 64)
    .map(({ name }) => name)

test('kill -9 between a file and the report that names it leaves nothing for ever', async () => {
  const acknowledged = new Set<string>()
  for (const reports of [50, 150, 300]) {
    const running = await weirs.start(shopConfig)
    const url = `${running.url}/api/42/envelope/?sentry_key=${key}`
    const senders = Array.from({ length: 8 }, () => sendUntilGone(url, acknowledged))
    await waitFor('enough reports to be acknowledged', () => acknowledged.size >= reports)
    await running.kill()
    await Promise.all(senders)
  }
  const running = await weirs.start(shopConfig)
  await digestedAll(running)
  running.process.child.kill('SIGTERM')
  await running.process.ended

  const path = join(running.data, 'errors', 'blobs')
  const database = new DatabaseSync(join(running.data, 'errors', 'errors.sqlite'))
  const rows = database.prepare('select distinct blob from attachments').all()
  const named = new Set(rows.map(({ blob }) => String(blob)))
  expect(named.size).toBeGreaterThanOrEqual(acknowledged.size)
  const before = filesIn(path)
  expect(before.filter((name) => named.has(name))).toHaveLength(named.size)

  const orphans = new OrphanedBlobs(database, new Blobs(path, randomBytes))
  const laterMs = performance.timeOrigin + performance.now() + twoHoursMs
  for (let step = 0; step <= 256; step++) await orphans.step(laterMs)
  database.close()
  console.log(`${before.length - named.size} files were left by kills`)
  expect(orphans.deleted).toBe(before.length - named.size)
  expect(new Set(filesIn(path))).toEqual(named)
})
