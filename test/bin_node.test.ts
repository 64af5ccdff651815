import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** `bin/node` of a copy without the Node that npm brings, and one of this version on the PATH. */
test.each([
  ['v20.20.2', 69, 'Weir needs Node 24 or later, and found v20.20.2'],
  ['v24.1.0', 0, ''],
  ['v30.0.0', 0, ''],
])('bin/node with only Node %s', (version, code, text) => {
  const parent = mkdtempSync(join(tmpdir(), 'weir-bin-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  const bin = join(parent, 'weir/bin')
  mkdirSync(bin, { recursive: true })
  copyFileSync(join(import.meta.dirname, '../bin/node'), join(bin, 'node'))
  const path = join(parent, 'path')
  mkdirSync(path)
  writeFileSync(join(path, 'node'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
  const env = { PATH: `${path}:/usr/bin:/bin` }
  const { status, stderr } = spawnSync(join(bin, 'node'), ['x.ts'], { env, encoding: 'utf8' })
  expect(status).toBe(code)
  expect(stderr).toContain(text)
})
