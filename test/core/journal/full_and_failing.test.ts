import { test } from 'vitest'
import { rethrowAssertions, Scenario } from './scenario.ts'

test('a journal without room whose disk fails amid the making of room tries again by the clock', async () => {
  const scenario = new Scenario(0, 1, { whenFull: 'drop_oldest', maxDisk: 4000, maxLag: undefined })
  await scenario.start()
  scenario.append(0, [35]).catch(rethrowAssertions)
  await scenario.openReader('fast')
  // The index of a new segment, its removal, cutting the old one, and the making of the next.
  let left = 6
  scenario.disk.fail = () => (left-- > 0 ? 'ENOSPC' : undefined)
  scenario.append(0, [1, 4, 6]).catch(rethrowAssertions)
  await scenario.ticks()
  await scenario.finish()
})
