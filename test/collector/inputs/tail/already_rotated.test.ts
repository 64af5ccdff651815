import {
  appendFileSync as append,
  existsSync as exists,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync as write,
} from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Stage } from './stage.ts'

let stage: Stage
let log: string
beforeEach(() => {
  stage = new Stage()
  log = stage.path('app.log')
})
afterEach(() => stage.clear())
const texts = () => stage.journal.texts().toSorted()

/** As logrotate does with `compress` and `delaycompress`: the time of what is packed stays. */
function rotate(how: 'create' | 'copytruncate') {
  const copy = (n: number) => `${log}.${n}`
  for (let n = 8; n > 1; n--) {
    if (exists(`${copy(n)}.gz`)) renameSync(`${copy(n)}.gz`, `${copy(n + 1)}.gz`)
  }
  if (exists(copy(1))) {
    const { atime, mtime } = statSync(copy(1))
    write(`${copy(2)}.gz`, gzipSync(readFileSync(copy(1))))
    utimesSync(`${copy(2)}.gz`, atime, mtime)
    rmSync(copy(1))
  }
  if (how === 'create') renameSync(log, copy(1))
  else write(copy(1), readFileSync(log))
  if (how === 'create') write(log, '')
  else truncateSync(log)
}

const dayAgo = () => new Date(Date.now() - 86_400_000)

test.each(['create', 'copytruncate'] as const)(
  'what was rotated before its log was followed is not read when it is compressed later (%s)',
  async (how) => {
    write(`${log}.1`, 'yesterday\n')
    utimesSync(`${log}.1`, dayAgo(), dayAgo())
    write(log, 'today\n')
    const start = () => stage.start({ paths: [log], tag: 'app' })
    await start()
    await stage.quiesce()
    rotate(how)
    append(log, 'later\n')
    await stage.quiesce()
    expect(texts()).toEqual(['later', 'today'])
    // Nor after a restart, by then with another name.
    await stage.stop()
    rotate(how)
    append(log, 'last\n')
    await start()
    await stage.quiesce()
    rotate(how)
    await stage.quiesce()
    expect(texts()).toEqual(['last', 'later', 'today'])
  },
)

test.each(['create', 'copytruncate'] as const)(
  'with read_from: end a log that was rotated while nobody looked is read from its start (%s)',
  async (how) => {
    write(log, 'before\n')
    const start = () => stage.start({ paths: [log], tag: 'app', read_from: 'end' })
    await start()
    await stage.quiesce()
    append(log, 'first\n')
    await stage.quiesce()
    await stage.stop()
    append(log, 'second\n')
    rotate(how)
    append(log, 'third\n')
    await start()
    await stage.quiesce()
    expect(texts()).toEqual(['first', 'second', 'third'])
  },
)

test('a log that is made and rotated between two looks at its folder is read whole', async () => {
  write(`${log}.9`, 'of another time\n')
  utimesSync(`${log}.9`, dayAgo(), dayAgo())
  await stage.start({ paths: [log], tag: 'app' }, byTheMachine())
  await stage.poll()
  write(log, 'first\n')
  renameSync(log, `${log}.1`)
  write(log, 'second\n')
  await stage.quiesce()
  expect(texts()).toEqual(['first', 'second'])
})

/** The files' times are the machine's, so the tail's have to be too. */
function byTheMachine() {
  const { clock } = stage
  const monotonic = () => clock.monotonic()
  const sleep = (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal)
  return { clock: { now: Date.now, monotonic, sleep } }
}

test('a copy of a log that appeared since the last look is no generation of its own', async () => {
  await stage.start({ paths: [log], tag: 'app' }, byTheMachine())
  await stage.poll()
  write(log, 'first\n')
  write(`${log}.1`, 'first\n')
  await stage.poll(6000)
  truncateSync(log)
  append(log, 'second\n')
  await stage.quiesce()
  expect(texts()).toEqual(['first', 'second'])
})

test('a log that is rotated while it is found, at a later look, is read whole', async () => {
  const real = stage.files
  let isDue = false
  stage.files = {
    ...real,
    stat(path, last) {
      const seen = real.stat(path, last)
      if (isDue && path === log) {
        isDue = false
        renameSync(log, `${log}.1`)
        write(log, 'second\n')
      }
      return seen
    },
  }
  await stage.start({ paths: [log], tag: 'app' }, byTheMachine())
  await stage.poll()
  write(log, 'first\n')
  isDue = true
  await stage.quiesce()
  expect(texts()).toEqual(['first', 'second'])
})

test('what is unread of a generation is read from its compressed copy, older than the log as it is', async () => {
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000)
  write(`${log}.2.gz`, gzipSync('ancient\n'))
  utimesSync(`${log}.2.gz`, dayAgo(), dayAgo())
  write(log, 'read\n')
  const start = () => stage.start({ paths: [log], tag: 'app' })
  await start()
  await stage.quiesce()
  renameSync(log, `${log}.1`)
  write(log, 'live\n')
  utimesSync(log, ago(100), ago(100))
  await stage.quiesce()
  await stage.stop()
  append(`${log}.1`, 'unread\n')
  utimesSync(`${log}.1`, ago(3000), ago(3000))
  await start()
  // Before the first round reads.
  renameSync(`${log}.2.gz`, `${log}.3.gz`)
  rotate('create')
  append(log, 'later\n')
  await stage.quiesce()
  expect(texts()).toEqual(['later', 'live', 'read', 'unread'])
})
