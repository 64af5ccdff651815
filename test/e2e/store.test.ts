import { rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { newFolder, spawnWeir, weir } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

const http = { listen: ['127.0.0.1:0'] }

async function started(config: object): Promise<RunningWeir> {
  const folder = newFolder()
  const running = await RunningWeir.start(folder, { http, ...config })
  onTestFinished(async () => {
    await running.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  return running
}

async function send(running: RunningWeir, tag: string, ...events: object[]): Promise<void> {
  const response = await fetch(`${running.url}/in/${tag}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  })
  expect(response.status).toBe(200)
}

/** The lines that `weir query` prints: messages, unless the options say otherwise. */
const query = async (running: RunningWeir, ...argv: string[]) => {
  const { stdout } = await weir([
    'query',
    ...(argv.length > 0 ? argv : ['--raw']),
    '-d',
    running.data,
  ])
  return stdout.split('\n').filter(Boolean)
}

test('a HUP that changes which tags the store takes', async () => {
  const outputs = (match: string) => ({ collector: { outputs: [{ type: 'store', match }] } })
  const running = await started(outputs('a'))
  await send(running, 'a', { message: 'a1' })
  await send(running, 'b', { message: 'b1' })
  expect(await query(running)).toEqual(['a1'])
  expect(await running.reload({ http, ...outputs('b') })).toBe('applied')
  await send(running, 'a', { message: 'a2' })
  await send(running, 'b', { message: 'b2' })
  expect((await query(running)).toSorted()).toEqual(['a1', 'b2'])
})

test('events are followed live, by those who may, and stopping lets them go', async () => {
  const running = await started({})
  const tail = spawnWeir(['tail', 'log.level:error', '--json', '--url', running.url])
  let seen = ''
  tail.child.stdout!.on('data', (part) => (seen += part))
  let sent = 0
  await waitFor('the tail to see an event', async () => {
    await send(running, 'app', { n: ++sent, log: { level: 'error' } }, { log: { level: 'info' } })
    return seen.includes('\n')
  })
  expect(seen).not.toContain('info')
  const proxied = await fetch(`${running.url}/api/tail`, { headers: { via: '1.1 proxy' } })
  expect(proxied.status).toBe(401)
  running.process.child.kill('SIGTERM')
  expect(await running.process.ended).toMatchObject({ code: 0 })
  expect(await tail.ended).toMatchObject({ code: 69 })
  // A folder that no Weir runs on is asked by itself.
  expect((await query(running, '--json', 'log.level:error')).length).toBe(sent)
})
