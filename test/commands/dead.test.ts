import { rmSync } from 'node:fs'
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
  await control.stop(AbortSignal.timeout(1000))
  expect(stdout).toBe(`es: ${outcome.delivered} delivered, ${outcome.refused} refused again\n`)
  expect(code).toBe(expected)
})
