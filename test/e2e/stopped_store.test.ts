import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newFolder, weir } from '../commands/weir.ts'
import { RunningWeir } from './running_weir.ts'

const http = { listen: ['127.0.0.1:0'] }
const old = '2015-05-20T21:05:11.000Z'

interface Stopped {
  readonly data: string
  /** Of the config it ran by. */
  readonly config: string
}

/** A folder whose Weir took these events in, by tag, and was stopped. */
async function stopped(config: object, sent: Readonly<Record<string, object[]>>): Promise<Stopped> {
  const folder = newFolder()
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const running = await RunningWeir.start(folder, { http, ...config })
  for (const [tag, events] of Object.entries(sent)) {
    const body = JSON.stringify(events)
    const headers = { 'content-type': 'application/json' }
    expect((await fetch(`${running.url}/in/${tag}`, { method: 'POST', headers, body })).ok).toBe(
      true,
    )
  }
  running.process.child.kill('SIGTERM')
  expect(await running.process.ended).toMatchObject({ code: 0 })
  const path = join(folder, 'given.yaml')
  writeFileSync(path, JSON.stringify({ data_dir: running.data, http, ...config }))
  return { data: running.data, config: path }
}

const filesOf = ({ data }: Stopped, of: string) =>
  readdirSync(join(data, 'store', of), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted()

const kept = { store: { retention: { age: '10000d' } } }

test('asking a stopped folder deletes nothing, whatever the defaults say', async () => {
  const one = await stopped(kept, { app: [{ '@timestamp': old, message: 'of long ago' }] })
  const ask = async (...argv: string[]) => await weir(['query', '--raw', '*', ...argv])
  for (const argv of [
    ['-c', one.config],
    ['-d', one.data],
    ['-d', one.data],
  ]) {
    expect(await ask(...argv)).toMatchObject({ code: 0, stdout: 'of long ago\n' })
  }
  expect(await weir(['store', 'stats', '-d', one.data])).toMatchObject({ code: 0 })
  expect(await weir(['store', 'verify', '-d', one.data])).toMatchObject({ code: 0 })
  expect(await weir(['store', 'compact', '-c', one.config])).toMatchObject({ code: 0 })
  expect(await ask('-c', one.config)).toMatchObject({ stdout: 'of long ago\n' })
  // Without a config nothing says for how long.
  const unsaid = await weir(['store', 'compact', '-d', one.data])
  expect(unsaid).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--config'),
  })
})

test('a variable that says nothing of the store is no config to delete by', async () => {
  const one = await stopped(kept, { app: [{ '@timestamp': old, message: 'of long ago' }] })
  const env = { WEIR_DATA_DIR: one.data, WEIR_LOG__LEVEL: 'warn' }
  expect(await weir(['store', 'compact'], { env })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--config'),
  })
  expect((await weir(['query', '--raw', '*'], { env })).stdout).toBe('of long ago\n')
})

test('a question moves and removes nothing, though the manifest is lost', async () => {
  const one = await stopped(kept, { app: [{ '@timestamp': old, message: 'of long ago' }] })
  expect(await weir(['store', 'compact', '-c', one.config])).toMatchObject({ code: 0 })
  const before = filesOf(one, 'segments')
  expect(before.length).toBeGreaterThan(0)
  for (const name of readdirSync(join(one.data, 'store'))) {
    if (name.startsWith('manifest.sqlite')) rmSync(join(one.data, 'store', name))
  }
  await weir(['query', '--raw', '*', '-c', one.config])
  expect(filesOf(one, 'segments')).toEqual(before)
})

test('what an output does not give the store does not get into it by a question', async () => {
  const collector = { outputs: [{ type: 'store', match: 'kept.**' }] }
  const sent = { 'kept.a': [{ message: 'kept' }], other: [{ message: 'secret' }] }
  const one = await stopped({ collector }, sent)
  for (const argv of [
    ['-c', one.config],
    ['-d', one.data],
  ]) {
    const { stdout } = await weir(['query', '--raw', '*', ...argv])
    expect(stdout).toBe('kept\n')
  }
  const lastRun = join(one.data, 'store', 'last_run.json')
  rmSync(lastRun)
  const before = filesOf(one, 'segments')
  expect((await weir(['query', '--raw', '*', '-d', one.data])).stdout).toContain('secret')
  expect(filesOf(one, 'segments')).toEqual(before)
  expect((await weir(['query', '--raw', '*', '-c', one.config])).stdout).toBe('kept\n')
})

test('a folder that was restored is asked as the one that was backed up', async () => {
  const collector = { outputs: [{ type: 'store', match: 'kept.**' }] }
  const sent = { 'kept.a': [{ message: 'kept' }], other: [{ message: 'secret' }] }
  const { data } = await stopped({ collector }, sent)
  const [saved, again] = [`${data}-saved`, `${data}-again`]
  expect(await weir(['backup', saved, '-d', data])).toMatchObject({ code: 0 })
  expect(await weir(['restore', saved, '-d', again])).toMatchObject({ code: 0 })
  expect((await weir(['query', '--raw', '*', '-d', again])).stdout).toBe('kept\n')
  expect(await weir(['store', 'verify', '-d', again])).toMatchObject({ code: 0 })
})

test('a stopped folder of a cluster asks the cluster, or says that it needs the config', async () => {
  const store = { engine: 'elasticsearch', hosts: ['http://127.0.0.1:1'] }
  const one = await stopped({ store }, {})
  const asked = await weir(['query', '*', '-c', one.config])
  expect(asked.code).not.toBe(0)
  expect(asked.stderr).toMatch(/ECONNREFUSED/)
  const unsaid = await weir(['query', '*', '-d', one.data])
  expect(unsaid.code).not.toBe(0)
  expect(unsaid.stderr).toMatch(/is a cluster: name its config/)
})
