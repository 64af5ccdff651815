/** The disk of errors.sqlite is full, that of the journal is not: reports go on being taken, and are digested later. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Weirs } from '../e2e/weirs.ts'
import { waitFor } from '../peers/process.ts'
import { counts, digestedAll, digestStatus, Reporter, shopConfig, sum } from './error_counts.ts'
import { SmallDisk } from './small_disk.ts'
import { inspected, ThreadEnds } from './thread_end.ts'

let weirs: Weirs
let disk: SmallDisk | undefined
beforeEach(() => {
  weirs = new Weirs()
})
afterEach(async () => {
  await weirs.kill()
  disk?.unmount()
  weirs.remove()
})

function mountedErrors(): SmallDisk | undefined {
  const errors = join(weirs.folder, 'data', 'errors')
  mkdirSync(errors, { recursive: true })
  // Twice what a slow machine takes in while one transaction is open, in the database and beside it.
  return SmallDisk.mount(errors, '96m')
}

test('a full disk pauses the digest, costs no report, and is said once', async () => {
  disk = mountedErrors()
  if (!disk) return
  const weir = await weirs.start(shopConfig)
  const reporter = new Reporter()
  await reporter.upTo(100, weir)
  await digestedAll(weir)

  disk.fill()
  // What is there already can be written over.
  reporter.bulk = 10_000
  await waitFor('the status to say so', async () => {
    await reporter.upTo(reporter.acknowledged.size + 50, weir)
    return (await digestStatus(weir)).failing
  })
  // People go on asking meanwhile, and what is committed is answered.
  const troubles = new Set<string | undefined>()
  reporter.bulk = 10_000
  for (let asked = 0; asked < 60; asked++) {
    await reporter.send(weir)
    expect(sum(await counts(weir))).toBeLessThan(reporter.acknowledged.size)
    troubles.add((await digestStatus(weir)).trouble)
  }
  expect([...troubles].join()).toMatch(/full|disk/)
  expect(reporter.refused).toEqual([])

  disk.free()
  reporter.bulk = 0
  await digestedAll(weir)
  await reporter.upTo(reporter.acknowledged.size + 50, weir)
  await digestedAll(weir)
  expect(sum(await counts(weir))).toBe(reporter.acknowledged.size)
  expect((await digestStatus(weir)).trouble).toBeUndefined()
  // However often it was tried.
  const said = weir.log('reports cannot be digested').length
  expect(said).toBeGreaterThan(0)
  expect(weir.log('reports are digested again')).toHaveLength(said)
})

test('a digest thread that ends on a full disk is replaced by one that answers', async () => {
  disk = mountedErrors()
  if (!disk) return
  const weir = await weirs.start(shopConfig, inspected)
  const reporter = new Reporter()
  await reporter.upTo(100, weir)
  await digestedAll(weir)
  const digested = reporter.acknowledged.size
  disk.fill()
  const threads = await ThreadEnds.of(weir)
  await threads.end('digest_thread.ts')
  threads.close()
  await waitFor('the next one', async () => (await digestStatus(weir)).restarts === 1)
  await waitFor('it to answer', async () => sum(await counts(weir).catch(() => [])) === digested)
  disk.free()
  await reporter.upTo(digested + 50, weir)
  await digestedAll(weir)
  expect(sum(await counts(weir))).toBe(reporter.acknowledged.size)
})

test('a digest that a full disk kept from starting starts once there is room, whoever asked meanwhile', async () => {
  disk = mountedErrors()
  if (!disk) return
  const before = await weirs.start(shopConfig)
  const reporter = new Reporter()
  await reporter.upTo(100, before)
  await digestedAll(before)
  before.process.child.kill('SIGTERM')
  await waitFor('the end', () => !before.isAlive)

  disk.fill()
  const weir = await weirs.start(shopConfig)
  await reporter.upTo(150, weir)
  const tried = (await digestStatus(weir)).restarts
  let isAsked = true
  const ask = async () => {
    while (isAsked) await counts(weir).catch(() => [])
  }
  const asking = Promise.all([ask(), ask()])
  await waitFor('the thread to be tried again, and again', async () => {
    return (await digestStatus(weir)).restarts >= tried + 2
  })
  isAsked = false
  await asking
  disk.free()
  await digestedAll(weir, 30_000)
  expect(sum(await counts(weir))).toBe(reporter.acknowledged.size)
})
