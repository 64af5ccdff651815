import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { beginThread, takeThread } from '../../core/threads/begun_threads.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-threads-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, source: string) => {
  const path = join(folder, name)
  writeFileSync(path, source)
  return pathToFileURL(path)
}

const inThread = new URL('../../core/threads/in_thread.ts', import.meta.url).href
const telling = file(
  'telling.mjs',
  `import { parentPort } from 'node:worker_threads'
  import { threadSeed } from ${JSON.stringify(inThread)}
  parentPort.postMessage('loaded')
  parentPort.postMessage(await threadSeed())`,
)

test('a thread that was begun is the one that is taken, and learns what it is for', async () => {
  beginThread(telling, 'one')
  const { worker, tell } = takeThread(telling, 'one')
  expect(await once(worker, 'message')).toEqual(['loaded'])
  const heard = once(worker, 'message')
  tell({ lines: 3 }, [])
  expect(await heard).toEqual([{ lines: 3 }])
  await worker.terminate()

  const next = takeThread(telling, 'one')
  expect(next.worker).not.toBe(worker)
  await next.worker.terminate()
})

test('one that ended before it was taken is not taken', async () => {
  const made = once(process, 'worker') as Promise<[Worker]>
  beginThread(file('ends.mjs', 'process.exit(1)'), 'two')
  const [ended] = await made
  await once(ended, 'exit')

  const { worker } = takeThread(telling, 'two')
  expect(await once(worker, 'message')).toEqual(['loaded'])
  await worker.terminate()
})
