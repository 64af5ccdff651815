/** The disk of errors.sqlite is full, that of the journal is not: reports go on being taken, and are digested later. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Weirs } from '../e2e/weirs.ts'
import { waitFor } from '../peers/process.ts'
import { counts, digestedAll, digestStatus, Reporter, shopConfig, sum } from './error_counts.ts'
import { SmallDisk } from './small_disk.ts'

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

test('a full disk pauses the digest, costs no report, and is said once', async () => {
  const errors = join(weirs.folder, 'data', 'errors')
  mkdirSync(errors, { recursive: true })
  disk = SmallDisk.mount(errors, '16m')
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
