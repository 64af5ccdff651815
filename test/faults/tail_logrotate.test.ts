import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { tailFields } from '../../collector/inputs/tail/options.ts'
import { createTail } from '../../collector/inputs/tail/tail.ts'
import { until } from '../collector/inputs/harness.ts'
import { Stage } from '../collector/inputs/tail/stage.ts'

/**
 * The real logrotate against a writer of numbered lines, the tail killed on the way. Lines written
 * between logrotate's copy and its truncate are in neither file; only those may be missing.
 */
const logrotate = ['/usr/sbin/logrotate', '/usr/bin/logrotate'].find((path) => existsSync(path))
if (!logrotate) console.log('skipped: logrotate is not installed (apt-get install logrotate)')

/** Writes numbered lines as fast as it is told, one write each, reopening when the file was renamed. */
const writer = `
  const fs = require('node:fs')
  const [path, total, batch, pauseMs] = [process.argv[1], ...process.argv.slice(2).map(Number)]
  let fd = fs.openSync(path, 'a')
  let next = 0
  process.on('SIGHUP', () => { fs.closeSync(fd); fd = fs.openSync(path, 'a') })
  const step = () => {
    for (let i = 0; i < batch && next < total; i++) fs.writeSync(fd, next++ + ' ' + 'x'.repeat(80) + '\\n')
    if (next < total) setTimeout(step, pauseMs)
  }
  step()
`

let stage: Stage
let process_: ChildProcess | undefined
beforeEach(() => {
  stage = new Stage()
})
afterEach(async () => {
  process_?.kill('SIGKILL')
  await stage.clear()
})

const total = Number(process.env['FUZZ_RUNS'] ?? 1) > 1 ? 300_000 : 60_000

for (const [method, options] of [
  ['create', 'create'],
  ['create, compressed', 'create\ncompress\ndelaycompress'],
  ['copytruncate', 'copytruncate'],
  ['copytruncate, compressed', 'copytruncate\ncompress'],
] as const) {
  for (const paths of ['app.log', 'app.log*']) {
    test.skipIf(!logrotate)(`${method}, following ${paths}`, async () => {
      const { journal } = stage
      const log = stage.path('app.log')
      const config = stage.path('rotate.conf')
      const pid = stage.path('pid')
      writeFileSync(log, '')
      writeFileSync(
        config,
        `${log} {\nrotate 1000\nnomail\nsu root root\n${options}\n` +
          `postrotate\n kill -HUP $(cat ${pid}) || true\nendscript\n}\n`,
        { mode: 0o644 },
      )
      const tail = () => {
        const parsed = z.object(tailFields).parse({
          paths: [stage.path(paths)],
          poll_interval: '20ms',
          gather_interval: '20ms',
          refresh_interval: '100ms',
          rotate_wait: '500ms',
        })
        return createTail(parsed, journal.context())
      }
      let running = tail()
      await running.start()
      process_ = spawn(process.execPath, ['-e', writer, log, String(total), '40', '2'])
      writeFileSync(pid, String(process_.pid))
      let ended = false
      process_.on('exit', () => {
        ended = true
      })
      for (let turn = 1; !ended; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 100 + 100 * Math.random()))
        execFileSync(logrotate!, ['-f', '-s', stage.path('state'), config])
        if (turn % 4 === 0) {
          // As kill -9 does: what is on its way is never durable.
          journal.holding = true
          await new Promise((resolve) => setTimeout(resolve, 30))
          journal.crash()
          await running.stop(AbortSignal.abort())
          running = tail()
          await running.start()
        }
      }
      // A copy may end amid a line of which the rest is cut away with the log: that is no line.
      const numberOf = (text: string) => Number(/^(\d+) x{80}$/.exec(text)?.[1] ?? NaN)
      const isNumber = (number: number) => !Number.isNaN(number)
      const numbers = () => journal.texts().map(numberOf).filter(isNumber)
      const counts = new Uint8Array(total)
      const onDisk = () => {
        const all = readdirSync(stage.folder)
          .filter((name) => name.startsWith('app.log'))
          .map((name) => readFileSync(stage.path(name)))
          .map((bytes) => (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes))
        return new Set(
          all
            .flatMap((bytes) => bytes.toString().split('\n'))
            .map(numberOf)
            .filter(isNumber),
        )
      }
      const kept = [...onDisk()]
      await until(
        () => {
          const have = new Set(numbers())
          return kept.every((number) => have.has(number))
        },
        () => ({ kept: kept.length, have: journal.events.length, counts: [...journal.counts] }),
        20_000,
      )
      await running.stop(AbortSignal.timeout(1000))
      for (const number of numbers()) counts[number]! += 1
      const doubled = counts.filter((count) => count > 1).length
      const missing = counts.filter((count) => count === 0).length
      const window = total - kept.length
      console.log(
        `${method}, ${paths}: ${window} of ${total} lines in neither file, ${missing} of them missing`,
      )
      expect({ doubled, lost: Math.max(0, missing - window) }).toEqual({ doubled: 0, lost: 0 })
      if (method.startsWith('create')) expect(missing).toBe(0)
    })
  }
}
