import { test } from 'vitest'
import { rethrowAssertions, Scenario } from './scenario.ts'

test('a segment that is skipped while it is read counts once what was read of it is given up', async () => {
  const options = { whenFull: 'drop_newest', maxDisk: 4000, maxLag: 1500 } as const
  const scenario = new Scenario(1937325862, 2, options)
  const append = async (count: number) => void scenario.append(0, [count]).catch(rethrowAssertions)
  await scenario.start()
  await scenario.ticks()
  scenario.end('kill')
  await scenario.start()
  // Each step begins a turn after the one before it, whatever that started.
  await append(35)
  await append(0)
  await scenario.openReader('slow')
  await scenario.read('slow', 1)
  await append(0)
  await scenario.seekToStart('slow')
  await scenario.finish()
})
