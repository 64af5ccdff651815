import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { embeddedConfig } from '../../../store/embedded/config.ts'
import { linesOf } from '../../core/journal/setup.ts'
import { inProcess, openStore, plainAnswerer, type TestStore } from './setup.ts'

let store: TestStore
afterEach(() => store.close())

test('a clock that is set years ahead deletes nothing for an hour', async () => {
  const hourMs = 3_600_000
  const ahead = { ms: 0, monotonicMs: 0 }
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + ahead.ms,
    monotonic: () => systemClock.monotonic() + ahead.monotonicMs,
  }
  store = await openStore(
    { retention: embeddedConfig.parse({}).retention },
    inProcess(plainAnswerer, () => undefined, clock),
  )
  const line = `{"@timestamp":"${new Date().toISOString()}","message":"kept"}\n`
  await store.append({ ...linesOf([1]), bytes: Buffer.from(line) })
  await store.engine.refresh()
  expect(await store.all('logs-a-default')).toHaveLength(1)
  ahead.ms = 10 * 365 * 24 * hourMs
  await store.engine.compact()
  expect(await store.all('logs-a-default')).toHaveLength(1)
  ahead.monotonicMs = hourMs
  await store.engine.compact()
  expect(await store.all('logs-a-default')).toHaveLength(0)
})
