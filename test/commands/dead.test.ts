import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveControl } from '../../core/control.ts'
import { inProcess } from './in_process.ts'
import { newFolder } from './weir.ts'

let folder: string
beforeAll(() => {
  folder = newFolder()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  [{ delivered: 0, refused: 2 }, 1],
  [{ delivered: 1, refused: 2 }, 0],
  [{ delivered: 3, refused: 0 }, 0],
])('replay with %j ends with %i', async (outcome, expected) => {
  const control = serveControl(folder, {
    async *'dead.replay'(args) {
      yield { output: String(args['output']), ...outcome }
    },
  })
  await control.start()
  const { code, stdout } = await inProcess(['dead', 'replay', '-o', 'es', '-d', folder])
  await control.stop(AbortSignal.timeout(20_000))
  expect(stdout).toBe(`es: ${outcome.delivered} delivered, ${outcome.refused} refused again\n`)
  expect(code).toBe(expected)
})

test('an output that nobody knows is a mistake, one without dead letters is none', async () => {
  const data = join(folder, 'data')
  mkdirSync(join(data, 'readers'), { recursive: true })
  writeFileSync(join(data, 'readers/quiet.json'), '{}')
  const unknown = await inProcess(['dead', 'ls', '--output', 'nope', '-d', data])
  expect(unknown.code).toBe(1)
  expect(unknown.stderr).toContain('there is no output "nope": none has any')
  const quiet = await inProcess(['dead', 'ls', '--output', 'quiet', '-d', data])
  expect(quiet).toMatchObject({ code: 0, stderr: 'no dead letters\n' })
})
