import {
  appendFileSync as append,
  copyFileSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync as write,
  writeSync,
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
const lines = (what: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${what} ${String(n).padStart(3, '0')}`)
const text = (written: readonly string[]) => written.map((line) => `${line}\n`).join('')

/** What some programs begin each log with. */
const banner = lines(`# banner ${'='.repeat(60)}`, 20)

const copied: Record<string, (copy: string) => void> = {
  'cp and rm': (copy) => {
    copyFileSync(log, copy)
    rmSync(log)
  },
  'cp and mv over it': (copy) => {
    copyFileSync(log, copy)
    write(stage.path('next'), '')
    renameSync(stage.path('next'), log)
  },
  renamecopy: (copy) => {
    renameSync(log, `${log}.tmp`)
    copyFileSync(`${log}.tmp`, copy)
    rmSync(`${log}.tmp`)
  },
}

for (const [method, rotate] of Object.entries(copied)) {
  test.each([
    ['short', 3, 'app.log'],
    ['long', 300, 'app.log'],
    ['short', 3, 'app.log*'],
    ['long', 300, 'app.log*'],
  ])(
    `a log that is rotated by ${method} is not read again in its copy: %s, %i lines, %s`,
    async (_, count, pattern) => {
      const start = () => stage.start({ paths: [stage.path(pattern)], tag: 'app' })
      const first = lines('first', count)
      write(log, text(first))
      await start()
      await stage.poll()
      rotate(`${log}.1`)
      append(log, text(['second']))
      await stage.quiesce()
      expect(texts()).toEqual([...first, 'second'].toSorted())
      renameSync(`${log}.1`, `${log}.2`)
      rotate(`${log}.1`)
      append(log, text(['third']))
      await stage.quiesce()
      await stage.stop()
      await start()
      await stage.quiesce()
      expect(texts()).toEqual([...first, 'second', 'third'].toSorted())
    },
  )
}

test('a copy on another file system is found in rotated_paths, by the name of its log', async () => {
  const old = stage.path('old')
  mkdirSync(old)
  await stage.start({ paths: [stage.path('*.log')], rotated_paths: [`${old}/*`], tag: 'app' })
  write(log, text(['# service started']))
  const other = stage.path('other.log')
  const own = ['# service started', ...lines('other', 50)]
  write(other, text(own))
  await stage.poll(6000)
  for (const path of [other, log]) {
    copyFileSync(path, path.replace(stage.folder, old).concat('.1'))
    truncateSync(path)
    append(path, text([`${path === log ? 'app' : 'other'} goes on`]))
    await stage.quiesce()
  }
  const expected = ['# service started', ...own, 'app goes on', 'other goes on']
  expect(texts()).toEqual(expected.toSorted())
})

test('copies of another log in rotated_paths, rotated before it was followed, are nobody else’s', async () => {
  const old = stage.path('old')
  mkdirSync(old)
  write(`${old}/other.log.1`, text(['# service started', ...lines('other', 50)]))
  write(log, text(['# service started']))
  await stage.start({ paths: [stage.path('*.log')], rotated_paths: [`${old}/*`], tag: 'app' })
  await stage.quiesce()
  copyFileSync(log, `${old}/app.log.1`)
  truncateSync(log)
  append(log, text(['app goes on']))
  await stage.quiesce()
  expect(texts()).toEqual(['# service started', 'app goes on'])
})

test.each([1, 300])(
  'a late line, written after %i were compressed, reads none of them again',
  async (count) => {
    const first = lines('first', count)
    write(log, text(first))
    const writer = openSync(log, 'a')
    await stage.start({ paths: [log], tag: 'app' })
    await stage.poll()
    renameSync(log, `${log}.1`)
    write(log, text(['second']))
    write(`${log}.1.gz`, gzipSync(readFileSync(`${log}.1`)))
    rmSync(`${log}.1`)
    await stage.poll()
    writeSync(writer, 'late\n')
    closeSync(writer)
    await stage.quiesce()
    expect(texts()).toEqual([...first, 'late', 'second'].toSorted())
  },
)

test('of a log that was read to the end of its banner, what was rotated while nobody looked is read', async () => {
  write(log, text(banner))
  const start = () => stage.start({ paths: [log], tag: 'app' })
  await start()
  await stage.poll()
  await stage.stop()
  for (const copy of [1, 2, 3]) {
    append(log, text(lines(`generation ${copy}`, 100)))
    copyFileSync(log, `${log}.${copy}`)
    truncateSync(log)
    append(log, text(banner))
  }
  append(log, text(['last']))
  await start()
  await stage.quiesce()
  const generations = [1, 2, 3].flatMap((copy) => lines(`generation ${copy}`, 100))
  const expected = [...banner, ...banner, ...banner, ...banner, ...generations, 'last']
  expect(texts()).toEqual(expected.toSorted())
})

test('the same when Weir itself stood still', async () => {
  write(log, text(banner))
  await stage.start({ paths: [log], tag: 'app' })
  await stage.poll()
  append(log, text(lines('first', 100)))
  copyFileSync(log, `${log}.1`)
  truncateSync(log)
  append(log, text([...banner, ...lines('second', 200)]))
  await stage.poll(10_000)
  await stage.quiesce()
  const expected = [...banner, ...banner, ...lines('first', 100), ...lines('second', 200)]
  expect(texts()).toEqual(expected.toSorted())
})

test('of logs with the same banner, one that is gone is not taken for the copy of another', async () => {
  const pack = (from: string, to: string) => {
    write(to, gzipSync(readFileSync(from)))
    rmSync(from)
  }
  await stage.start({ paths: [log], tag: 'app' })
  const written: string[] = []
  for (let generation = 1; generation < 6; generation++) {
    const own = [...banner, ...lines(`generation ${generation}`, 20 * generation)]
    written.push(...own)
    append(log, text(own))
    await stage.poll()
    for (let n = generation; n > 2; n--) {
      if (generation > n - 1) renameSync(`${log}.${n - 1}.gz`, `${log}.${n}.gz`)
    }
    if (generation > 1) pack(`${log}.1`, `${log}.2.gz`)
    copyFileSync(log, `${log}.1`)
    truncateSync(log)
    if (generation % 2 === 0) await stage.quiesce()
  }
  await stage.quiesce()
  expect(texts()).toEqual(written.toSorted())
})

test('a copy that holds all that was read is preferred to an older one that is its beginning', async () => {
  const header = text(['# service started'])
  write(log, header)
  await stage.start({ paths: [log], tag: 'app' })
  await stage.poll()
  copyFileSync(log, `${log}.2`)
  append(log, text(['line']))
  await stage.poll(3000)
  renameSync(log, `${log}.1`)
  write(log, header)
  await stage.poll()
  const { atime, mtime } = statSync(`${log}.1`)
  write(`${log}.1.gz`, gzipSync(readFileSync(`${log}.1`)))
  utimesSync(`${log}.1.gz`, atime, Math.floor(mtime.getTime() / 1000))
  utimesSync(`${log}.2`, atime, mtime)
  rmSync(`${log}.1`)
  await stage.quiesce()
  append(log, text(['next']))
  await stage.quiesce()
  expect(texts().filter((each) => !each.startsWith('#'))).toEqual(['line', 'next'])
})

test('a log that begins as one that was deleted is no copy of it', async () => {
  const header = '#Fields: date time'
  await stage.start({ paths: [stage.path('app-*.log')], tag: 'app' })
  const dayLog = (day: number) => stage.path(`app-2026112${day}.log`)
  write(dayLog(1), text([header, ...lines('first', 200)]))
  await stage.poll(6000)
  rmSync(dayLog(1))
  await stage.poll()
  await stage.poll(6000)
  write(dayLog(2), text([header]))
  await stage.quiesce()
  append(dayLog(2), text(['second']))
  await stage.quiesce()
  expect(texts()).toEqual([header, header, ...lines('first', 200), 'second'].toSorted())
  const { context } = stage.journal.events.find((event) => event.text === 'second')!
  expect(context).toEqual({ log: { file: { path: dayLog(2) } } })
})

test('a copy in rotated_paths whose name tells nothing is found by what was read', async () => {
  const old = stage.path('old')
  mkdirSync(old)
  await stage.start({ paths: [log], rotated_paths: [`${old}/*`], tag: 'app' })
  const first = lines('first', 300)
  write(log, text(first))
  await stage.poll(6000)
  append(log, text(['unread']))
  copyFileSync(log, `${old}/2026-11-22_app.log`)
  truncateSync(log)
  append(log, text(['second']))
  await stage.quiesce()
  expect(texts()).toEqual([...first, 'second', 'unread'].toSorted())
})
