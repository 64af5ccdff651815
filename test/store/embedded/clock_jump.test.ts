import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { embeddedConfig } from '../../../store/embedded/config.ts'
import { linesOf } from '../../core/journal/setup.ts'
import { inProcess, openStore, plainAnswerer, type TestStore } from './setup.ts'

const hourMs = 3_600_000
const tenYearsMs = 10 * 365 * 24 * hourMs
let folder: string
let store: TestStore | undefined
let ahead = { ms: 0, monotonicMs: 0 }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-clock-'))
  ahead = { ms: 0, monotonicMs: 0 }
})
afterEach(async () => {
  await store?.close()
  rmSync(folder, { recursive: true })
})

async function start(): Promise<TestStore> {
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + ahead.ms,
    monotonic: () => systemClock.monotonic() + ahead.monotonicMs,
  }
  await store?.close()
  const { retention } = embeddedConfig.parse({})
  const child = inProcess(plainAnswerer, () => undefined, clock)
  return (store = await openStore({ retention }, child, folder))
}

async function append(to: TestStore): Promise<void> {
  const line = `{"@timestamp":"${new Date().toISOString()}","message":"kept"}\n`
  await to.append({ ...linesOf([1]), bytes: Buffer.from(line) })
  await to.engine.refresh()
}

async function kept(of: TestStore): Promise<number> {
  await of.engine.compact()
  return (await of.all('logs-a-default')).length
}

test('a clock that is set years ahead deletes nothing for an hour', async () => {
  const running = await start()
  await append(running)
  ahead.ms = tenYearsMs
  expect(await kept(running)).toBe(1)
  ahead.monotonicMs = hourMs
  expect(await kept(running)).toBe(0)
})

test('nor does it by another start within the hour', async () => {
  await append(await start())
  ahead.ms = tenYearsMs
  await append(await start())
  expect(await kept(await start())).toBe(2)
})
