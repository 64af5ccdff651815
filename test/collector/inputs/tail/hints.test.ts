import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Hints } from '../../../../collector/inputs/tail/hints.ts'
import { eventually } from '../../../eventually.ts'

let folder: string
let now: number
let hints: Hints
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-hints-'))
  now = 0
  hints = new Hints(1, () => now)
})
afterEach(() => {
  hints.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a change in a folder wakes', async () => {
  const path = join(folder, 'a.log')
  hints.watch([folder])
  const { signal } = hints.woken()
  writeFileSync(path, 'a\n')
  await eventually(() => expect(signal.aborted).toBe(true))
  expect([...hints.take()]).toContain(path)
})

test('a folder that tells more than the budget is left alone for five minutes', async () => {
  const quiet = join(folder, 'quiet')
  mkdirSync(quiet)
  hints.watch([folder, quiet])
  expect(hints.watched).toBe(2)
  for (let i = 0; i < 100; i++) writeFileSync(join(folder, `${i}.log`), 'a\n')
  await eventually(() => expect(hints.watched).toBe(1))
  now = 299_000
  hints.watch([folder, quiet])
  expect(hints.watched).toBe(1)
  now = 300_001
  hints.watch([folder, quiet])
  expect(hints.watched).toBe(2)
})

test('one that does so again is left alone for twice as long', async () => {
  const write = async () => {
    for (let i = 0; i < 70; i++) writeFileSync(join(folder, `${i}.log`), 'a\n')
    await eventually(() => expect(hints.watched).toBe(0))
  }
  const rested = [5, 10]
  for (const minutes of rested) {
    hints.watch([folder])
    await write()
    now += minutes * 60_000 - 1
    hints.watch([folder])
    expect(hints.watched).toBe(0)
    now += 1
  }
  // It told nothing for as long as it had rested.
  hints.watch([folder])
  now += 10 * 60_000
  await write()
  now += 5 * 60_000
  hints.watch([folder])
  expect(hints.watched).toBe(1)
})
