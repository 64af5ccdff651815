import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { processStarter } from '../../store/embedded/child_handle.ts'
import { linesOf } from '../core/journal/setup.ts'
import { openStore } from '../store/embedded/setup.ts'
import { eventually } from '../eventually.ts'

const entry = fileURLToPath(new URL('../store/embedded/plain_child.ts', import.meta.url))

test('the engine is killed: the questions of the moment fail with 503, and nothing else', async () => {
  const store = await openStore({}, processStarter(entry, process.env))
  try {
    await store.append(linesOf([1, 2]))
    await store.engine.refresh()
    const endless =
      'count(*) as n, (select count(*) from range(10000000) a, range(10000000) b) as m'
    const asked = store.all('logs-a-default', { sql: endless })
    await eventually(() => expect(store.engine.state.questions).toBe(1))
    process.kill(store.engine.state.pid!, 'SIGKILL')
    await expect(asked).rejects.toMatchObject({ status: 503 })
    await store.append(linesOf([3]))
    await store.engine.refresh()
    expect(await store.all('logs-a-default')).toHaveLength(3)
  } finally {
    await store.close()
  }
})

test('the engine is gone when nobody asks, and starts when enough waits', async () => {
  const limits = { idle_timeout: 100, seal_after: 1_500, refresh_interval: 50 }
  const store = await openStore(limits, processStarter(entry, process.env))
  try {
    expect(store.engine.state.pid).toBe(undefined)
    expect(await store.all('logs-a-default')).toEqual([])
    await eventually(() => expect(store.engine.state.pid).toBe(undefined))
    await store.append(linesOf([1]))
    await eventually(() => expect(store.engine.state.pid).toBeDefined())
    await eventually(() => expect(store.engine.state.pid).toBe(undefined))
    expect(await store.all('logs-a-default')).toHaveLength(1)
  } finally {
    await store.close()
  }
})
