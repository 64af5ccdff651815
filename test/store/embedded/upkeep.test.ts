import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Upkeep } from '../../../store/embedded/upkeep.ts'
import { ManualClock, until } from '../../collector/inputs/harness.ts'

/** Upkeep with so many steps to do, and what it has done. */
function begun(steps: number, regularMs = Infinity) {
  const clock = new ManualClock()
  const done: string[] = []
  const failures: unknown[] = []
  let left = steps
  const upkeep: Upkeep = new Upkeep({
    clock,
    behindMax: 4,
    async next() {
      if (left === 0) return false
      await upkeep.quiet()
      left -= 1
      done.push('step')
      return true
    },
    regular: { everyMs: regularMs, run: async () => void done.push('retention') },
    onFailure: (failure) => failures.push(failure),
  })
  return { upkeep, clock, done, failures }
}

/** Questions one after the other, each before the one before has ended, until `end` is called. */
function unending(upkeep: Upkeep) {
  let isOver = false
  let answered = 0
  const ask = async (): Promise<void> => {
    let following: Promise<void> | undefined
    await upkeep.beside(async () => {
      await turn()
      if (!isOver) following = ask()
    })
    answered += 1
    await following
  }
  const all = ask()
  return { answered: () => answered, end: () => ((isOver = true), all) }
}

test('a step waits for the questions that are answered', async () => {
  const { upkeep, clock, done } = begun(2)
  const { promise, resolve } = Promise.withResolvers<void>()
  const question = upkeep.beside(() => promise)
  upkeep.start()
  await until(() => clock.sleepers === 1)
  clock.advance(9_999)
  expect(done).toEqual(['retention'])
  resolve()
  await question
  await until(() => done.length === 3)
  expect(done).toEqual(['retention', 'step', 'step'])
  await upkeep.stop()
})

test('where questions never pause, steps begin after ten seconds, and go on until none is due', async () => {
  const { upkeep, clock, done, failures } = begun(50)
  const questions = unending(upkeep)
  upkeep.start()
  await until(() => clock.sleepers === 1 && questions.answered() > 10)
  expect(done).toEqual(['retention'])
  clock.advance(10_000)
  await until(() => done.length === 51)
  expect(failures).toEqual([])
  await questions.end()
  await upkeep.stop()
})

test('after a pause, steps wait again', async () => {
  const { upkeep, clock, done } = begun(1)
  const before = unending(upkeep)
  clock.advance(60_000)
  await before.end()
  const questions = unending(upkeep)
  upkeep.start()
  await until(() => clock.sleepers === 1)
  expect(done).toEqual(['retention'])
  await questions.end()
  await until(() => done.length === 2)
  await upkeep.stop()
})

test('what is regular has its turn however much there is to merge', async () => {
  const { upkeep, done } = begun(3, 0)
  upkeep.start()
  await until(() => done.length === 7)
  expect(done.slice(0, 4)).toEqual(['retention', 'step', 'retention', 'step'])
  await upkeep.stop()
})

test('a stop ends the waiting', async () => {
  const { upkeep, clock } = begun(1)
  const questions = unending(upkeep)
  upkeep.start()
  await until(() => clock.sleepers === 1)
  await upkeep.stop()
  await questions.end()
})
