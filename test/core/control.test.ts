import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { callControl, serveControl, type Operations } from '../../core/control.ts'
import { WeirError } from '../../core/errors.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-control-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

let finished = 0
const operations: Operations = {
  async *echo(args) {
    yield args
  },
  async *count({ to }) {
    try {
      for (let i = 0; i < Number(to); i++) yield i
    } finally {
      finished += 1
    }
  },
  async *much() {
    for (let i = 0; i < 40; i++) yield 'x'.repeat(300_000)
  },
  async *fail() {
    yield 1
    throw new WeirError('WEIR_REQUEST_INVALID', 'no such reader')
  },
}
const soon = () => AbortSignal.timeout(20_000)

async function all(name: string, args = {}, path = folder): Promise<unknown[]> {
  return Array.fromAsync(callControl(path, name, args))
}

async function serving(path: string, run: () => Promise<void>): Promise<void> {
  const server = serveControl(path, operations)
  await server.start()
  await run().finally(() => server.stop(soon()))
}

test('results come one by one, failures keep their code', async () => {
  await serving(folder, async () => {
    expect(await all('echo', { a: ['ü', 1] })).toEqual([{ a: ['ü', 1] }])
    expect(await all('count', { to: 5000 })).toHaveLength(5000)
    await expect(all('fail')).rejects.toMatchObject({ code: 'WEIR_REQUEST_INVALID' })
    await expect(all('constructor')).rejects.toThrow('there is no operation "constructor"')
  })
})

test('whoever reads slowly makes it wait, and no wait leaves a listener behind', async () => {
  const warnings: string[] = []
  const onWarning = ({ message }: Error) => void warnings.push(message)
  process.on('warning', onWarning)
  await serving(folder, async () => {
    let read = 0
    for await (const _ of callControl(folder, 'much', {})) {
      read += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(read).toBe(40)
  })
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test('only its owner may use it, and nothing is left of it', async () => {
  await serving(folder, async () => {
    expect(statSync(join(folder, 'weir.sock')).mode & 0o777).toBe(0o600)
  })
  expect(existsSync(join(folder, 'weir.sock'))).toBe(false)
})

test('whoever has seen enough ends the operation', async () => {
  await serving(folder, async () => {
    finished = 0
    for await (const item of callControl(folder, 'count', { to: 1e9 })) if (item === 10) break
    await expect.poll(() => finished, { timeout: 20_000 }).toBe(1)
  })
})

test('nobody there is an error of its own, also beside what a crash left', async () => {
  await expect(all('echo')).rejects.toMatchObject({ code: 'WEIR_NOT_RUNNING' })
  await expect(all('echo', {}, join(folder, 'x'.repeat(120)))).rejects.toMatchObject({
    code: 'WEIR_NOT_RUNNING',
  })
  writeFileSync(join(folder, 'weir.sock'), '')
  await expect(all('echo')).rejects.toMatchObject({ code: 'WEIR_NOT_RUNNING' })
  await serving(folder, async () => expect(await all('echo')).toEqual([{}]))
})

test.runIf(process.platform === 'linux')('a long path is no obstacle', async () => {
  const long = join(folder, 'x'.repeat(120))
  mkdirSync(long)
  await serving(long, async () => expect(await all('echo', {}, long)).toEqual([{}]))
})

test('stopping ends what is under way', async () => {
  const server = serveControl(folder, operations)
  await server.start()
  const calls = callControl(folder, 'count', { to: 1e9 })
  await calls.next()
  await server.stop(soon())
  await server.stop(soon())
  await expect(Array.fromAsync(calls)).rejects.toThrow()
})

const nobody = { uid: 65_534, gid: 65_534 }
const control = join(import.meta.dirname, '../../core/control.ts')
const isRoot = process.getuid?.() === 0
const canAsk = isRoot && spawnSync('test', ['-r', control], nobody).status === 0
if (!canAsk) console.log('skipped, another user: only root can be one, who may read this folder')

test.skipIf(!canAsk)(
  'another user is told whose the folder is, not that no Weir runs',
  async () => {
    const program = `
    const { callControl } = await import('${pathToFileURL(control).href}')
    await callControl('${folder}', 'echo', {}).next().catch(({ code }) => console.log(code))`
    await serving(folder, async () => {
      chmodSync(folder, 0o750)
      const asking = spawn(process.execPath, ['-e', program], nobody)
      let said = ''
      for (const stream of [asking.stdout, asking.stderr])
        stream.on('data', (data) => (said += data))
      await once(asking, 'close')
      expect(said).toBe('WEIR_DATA_UNUSABLE\n')
    })
  },
)
