import {
  appendFileSync as append,
  chmodSync,
  copyFileSync,
  existsSync as exists,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync as write,
} from 'node:fs'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { InputContext } from '../../../../collector/input.ts'
import { systemTailFiles } from '../../../../collector/inputs/tail/files.ts'
import { Stage } from './stage.ts'
import { eventually } from '../../../eventually.ts'

let stage: Stage
let log: string
beforeEach(() => {
  stage = new Stage()
  log = stage.path('app.log')
})
afterEach(() => stage.clear())
const texts = () => stage.journal.texts()

describe('following', () => {
  test('compressed copies that get other names while they are read are told apart', async () => {
    const copy = (generation: number) => stage.path(`app.log.${generation}.gz`)
    /** As logrotate does with `compress`. */
    const rotate = (text: string) => {
      for (let n = 8; n > 0; n--) if (exists(copy(n))) renameSync(copy(n), copy(n + 1))
      write(copy(1), gzipSync(readFileSync(log)))
      rmSync(log)
      write(log, text)
    }
    write(log, 'first\n')
    // Amid a round of reading: behind the first of the copies.
    let isDue = false
    const deliver: InputContext['deliver'] = (arrival) => {
      if (isDue) rotate('sixth\n')
      isDue = false
      return stage.journal.deliver(arrival)
    }
    await stage.start({ paths: [log], tag: 'app' }, { deliver })
    await stage.poll()
    for (const text of ['second\n', 'third\n', 'fourth\n', 'fifth\n']) rotate(text)
    isDue = true
    await stage.quiesce()
    await stage.quiesce()
    expect(texts().toSorted()).toEqual(['fifth', 'first', 'fourth', 'second', 'sixth', 'third'])
  })

  test('reads what is there and what comes', async () => {
    write(log, 'a\nb\n')
    await stage.start({ paths: [log], tag: 'app' })
    await stage.poll()
    append(log, 'c\n')
    await stage.poll()
    expect(texts()).toEqual(['a', 'b', 'c'])
    expect(stage.journal.events[0]).toEqual({
      tag: 'app',
      text: 'a',
      context: { log: { file: { path: log } } },
    })
  })

  test('a copy that was empty when it was found, and filled before it was opened, is not read', async () => {
    const copy = stage.path('app.log.1')
    let opened = 0
    stage.files = {
      ...systemTailFiles,
      open(path) {
        // The first look is at what it may be a copy of; the second would be to read it.
        if (path === copy && ++opened === 2) copyFileSync(log, copy)
        return systemTailFiles.open(path)
      },
    }
    write(log, 'a\nb\n')
    await stage.start({ paths: [stage.path('app.log*')], tag: 'app' })
    await stage.poll()
    write(copy, '')
    for (let i = 0; i < 3; i++) await stage.poll(6_000)
    copyFileSync(log, copy)
    await stage.poll()
    truncateSync(log)
    append(log, 'c\n')
    await stage.quiesce()
    expect(texts()).toEqual(['a', 'b', 'c'])
  })

  test('a file that rests is looked at without being opened or asked for more than its size and times', async () => {
    write(log, 'a\n')
    utimesSync(log, 1e9, 1e9)
    let closer = 0
    let looks = 0
    stage.files = {
      ...systemTailFiles,
      stat(path, last) {
        const seen = systemTailFiles.stat(path, last)
        if (path === log) looks += 1
        if (path === log && seen !== last) closer += 1
        return seen
      },
    }
    await stage.start({ paths: [log], watch: false, close_idle: '1s' })
    for (let i = 0; i < 5; i++) await stage.poll(11_000)
    looks = closer = 0
    for (let i = 0; i < 5; i++) await stage.poll(11_000)
    expect([looks, closer]).toEqual([5, 0])
    append(log, 'b\n')
    await stage.poll(11_000)
    expect(texts()).toEqual(['a', 'b'])
    expect(closer).toBeGreaterThan(0)
  })

  test('an idle file whose folder cannot be watched is found by looking, soon after it changes', async () => {
    write(log, 'a\n')
    utimesSync(log, 1e9, 1e9)
    await stage.start({ paths: [log], watch: false, idle_poll_interval: '10s' })
    await stage.poll()
    await stage.poll(20_000)
    append(log, 'b\n')
    await stage.poll(10_300)
    expect(texts()).toEqual(['a', 'b'])
  })

  test('tiny files are not all under way at once', async () => {
    for (let i = 0; i < 300; i++) write(stage.path(`${i}.log`), 'a\n')
    stage.journal.holding = true
    await stage.start({ paths: [stage.path('*.log')], in_flight_bytes: '1MB' })
    stage.clock.advance(300)
    const polling = stage.tail!.poll()
    await eventually(() => expect(stage.journal.held).toBe(1))
    stage.journal.release()
    await polling
    expect(texts()).toHaveLength(300)
  })

  test('what trickles into many files is one delivery, each line with its own path', async () => {
    const paths = ['a', 'b', 'c'].map((name) => stage.path(`${name}.log`))
    for (const path of paths) write(path, `${path}\n${path}\n`)
    stage.journal.holding = true
    await stage.start({ paths })
    await stage.poll()
    expect(stage.journal.held).toBe(1)
    stage.journal.release()
    expect(texts().toSorted()).toEqual(paths.flatMap((path) => [path, path]))
    for (const { text, context } of stage.journal.events) {
      expect(context).toEqual({ log: { file: { path: text } } })
    }
    expect(stage.journal.positions.size).toBe(3)
  })

  test('a long read of a file follows its short one; neither position is ahead of its lines', async () => {
    write(log, 'a\n')
    stage.journal.holding = true
    await stage.start({ paths: [log], read_size: '64kB', max_line_size: '1kB' })
    await stage.poll()
    append(log, `${'b'.repeat(999)}\n`.repeat(200))
    await stage.poll()
    stage.journal.release()
    await stage.kill()
    await stage.start({ paths: [log] })
    await stage.poll()
    expect(texts()).toHaveLength(201)
  })

  test('keeps an unfinished line until it is whole', async () => {
    write(log, 'i am not a full line')
    await stage.start({ paths: [log] })
    await stage.quiesce()
    expect(texts()).toEqual([])
    append(log, ' until now\n')
    await stage.poll(6000)
    await stage.poll(6000)
    expect(texts()).toEqual(['i am not a full line until now'])
  })

  test('goes on after a restart where the journal says', async () => {
    write(log, 'a\nb\npart')
    await stage.start({ paths: [log] })
    await stage.poll()
    await stage.kill()
    append(log, 'ial\nc\n')
    await stage.start({ paths: [log], read_from: 'end' })
    await stage.poll()
    expect(texts()).toEqual(['a', 'b', 'partial', 'c'])
  })

  test('reads again what was delivered and never became durable', async () => {
    write(log, 'a\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    append(log, 'b\n')
    stage.journal.holding = true
    await stage.poll()
    await stage.kill()
    await stage.start({ paths: [log] })
    await stage.poll()
    expect(texts()).toEqual(['a', 'b'])
  })

  test('repeats a refused delivery', async () => {
    write(log, 'a\nb\n')
    await stage.start({ paths: [log] })
    stage.journal.failure = new Error('stopping')
    await stage.poll()
    stage.journal.failure = undefined
    await stage.poll()
    expect(texts()).toEqual(['a', 'b'])
  })

  test('begins at the end of files never seen, at the start of those that come later', async () => {
    write(log, 'old\nhal')
    await stage.start({ paths: [stage.path('*.log')], read_from: 'end' })
    await stage.poll()
    append(log, 'f\n')
    write(stage.path('later.log'), 'new\n')
    await stage.poll(6000)
    expect(texts()).toEqual(['half', 'new'])
    expect(stage.journal.counted('read_from_end')).toBe(4)
    await stage.kill()
    await stage.start({ paths: [stage.path('*.log')], read_from: 'start' })
    await stage.poll()
    expect(texts()).toEqual(['half', 'new'])
  })

  test('globs, excludes, and tags with the path', async () => {
    mkdirSync(stage.path('x/y'), { recursive: true })
    write(stage.path('x/y/a.log'), '1\n')
    write(stage.path('x/b.log'), '2\n')
    write(stage.path('x/c.txt'), '3\n')
    write(stage.path('x/no.log'), '4\n')
    await stage.start({
      paths: [stage.path('**/*.{log,out}')],
      exclude_paths: [stage.path('**/no*')],
      tag: 'file.*',
    })
    await stage.poll()
    expect(texts().toSorted()).toEqual(['1', '2'])
    const tags = stage.journal.events.map(({ tag }) => tag)
    expect(tags).toContain(`file.${stage.path('x/b.log').slice(1).replaceAll('/', '.')}`)
  })

  test('one file by two names is read once; two inputs are independent', async () => {
    write(log, 'a\n')
    linkSync(log, stage.path('other.log'))
    symlinkSync(log, stage.path('third.log'))
    await stage.start({ paths: [stage.path('*.log')] })
    await stage.poll()
    expect(texts()).toEqual(['a'])
    await stage.kill()
    await stage.start({ paths: [log] }, { id: 'input.second' })
    await stage.poll()
    expect(texts()).toEqual(['a', 'a'])
  })

  test('a file that may be read later is read later', async () => {
    write(log, 'a\n')
    const real = stage.files
    let allowed = false
    stage.files = {
      ...real,
      open(path) {
        if (!allowed) throw Object.assign(new Error('no'), { code: 'EACCES' })
        return real.open(path)
      },
    }
    const warnings: unknown[] = []
    const warn = (...given: unknown[]) => void warnings.push(given)
    const logger = Object.assign(pino({ level: 'silent' }), { warn })
    await stage.start({ paths: [log] }, { log: logger })
    await stage.poll()
    for (let look = 0; look < 3; look++) await stage.poll(11_000)
    expect(stage.tail!.status()).toMatchObject({ files: [{ problem: 'EACCES' }] })
    // Said once, however often it is tried.
    expect(warnings).toHaveLength(1)
    allowed = true
    await stage.poll(11_000)
    expect(texts()).toEqual(['a'])
    chmodSync(log, 0o644)
    await stage.poll()
    expect(texts()).toEqual(['a'])
  })

  test('a first line without its end is given out, though its log was rotated, then compressed while nobody looked', async () => {
    write(log, '')
    await stage.start({ paths: [log] })
    await stage.poll()
    append(log, 'part')
    renameSync(log, `${log}.1`)
    write(log, 'next\n')
    await stage.poll()
    await stage.kill()
    write(`${log}.1.gz`, gzipSync(readFileSync(`${log}.1`)))
    rmSync(`${log}.1`)
    await stage.start({ paths: [log] })
    await stage.quiesce()
    expect(texts()).toEqual(['next', 'part'])
  })

  // A small read is made at once, a large one by the thread pool.
  test.each([2, 20_000])(
    'a read of %i lines that fails is tried again, nothing doubled',
    async (count) => {
      const lines = Array.from({ length: count }, (_, n) => `line ${n}`)
      write(log, `${lines.join('\n')}\n`)
      const real = stage.files
      let failing = true
      let failed = 0
      const failure = () => {
        failed += 1
        return Object.assign(new Error('EIO'), { code: 'EIO' })
      }
      stage.files = {
        ...real,
        open(path) {
          const file = real.open(path)
          return {
            ...file,
            read: (into, position) =>
              failing ? Promise.reject(failure()) : file.read(into, position),
            readNow(into, position) {
              if (failing) throw failure()
              return file.readNow(into, position)
            },
          }
        },
      }
      await stage.start({ paths: [log] })
      await stage.poll()
      expect(failed).toBeGreaterThan(0)
      expect(texts()).toEqual([])
      failing = false
      await stage.poll(11_000)
      await stage.quiesce()
      expect(texts()).toEqual(lines)
    },
  )

  test('what was read before a read that fails is not lost', async () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `line ${n}`)
    write(log, `${lines.join('\n')}\n`)
    const real = stage.files
    let failing = true
    stage.files = {
      ...real,
      open(path) {
        const file = real.open(path)
        const readNow: typeof file.readNow = (into, position) => {
          if (failing && position > 0) throw Object.assign(new Error('EIO'), { code: 'EIO' })
          return file.readNow(into, position)
        }
        return { ...file, readNow }
      },
    }
    await stage.start({ paths: [log], read_size: 4096, max_line_size: 100 })
    await stage.poll()
    const before = texts().length
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(lines.length)
    failing = false
    await stage.poll(11_000)
    expect(texts()).toEqual(lines)
  })

  test('an idle file is closed and read on when it changes', async () => {
    write(log, 'a\n')
    await stage.start({ paths: [log], close_idle: '10s' })
    await stage.poll()
    expect(stage.tail!.status()).toMatchObject({ files_open: 1 })
    await stage.poll(11_000)
    expect(stage.tail!.status()).toMatchObject({ files_open: 0, files_known: 1 })
    append(log, 'b\n')
    await stage.poll(11_000)
    expect(texts()).toEqual(['a', 'b'])
  })

  test('leaves out old files until they change', async () => {
    write(log, 'a\n')
    utimesSync(log, 1000, 1000)
    await stage.start({ paths: [log], ignore_older: '1d' })
    await stage.poll()
    expect(texts()).toEqual([])
    append(log, 'b\n')
    await stage.poll(11_000)
    expect(texts()).toEqual(['a', 'b'])
  })

  test('every worker has its own files, and each file one worker', async () => {
    for (let i = 0; i < 20; i++) write(stage.path(`${'abcdefghijklmnopqrst'[i]}.log`), `${i}\n`)
    for (const index of [0, 1, 2]) {
      await stage.start({ paths: [stage.path('*.log')] }, { worker: { index, count: 3 } })
      await stage.poll()
      expect(texts().length).toBeGreaterThan(0)
      await stage.kill()
    }
    expect(
      texts()
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual([...Array(20).keys()])
  })
})

describe('rotation', () => {
  test('by renaming: both files are read, in order', async () => {
    write(log, 'test3\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    append(log, 'test4\n')
    renameSync(log, stage.path('app.log.1'))
    write(log, 'test7\n')
    append(stage.path('app.log.1'), 'test5\n')
    await stage.poll()
    append(stage.path('app.log.1'), 'test6\n')
    append(log, 'test8\n')
    await stage.poll()
    expect(texts().toSorted()).toEqual(['test3', 'test4', 'test5', 'test6', 'test7', 'test8'])
    expect(
      stage.journal.events.every(({ context }) => JSON.stringify(context).includes('app.log"')),
    )
  })

  test('by renaming, several times between two looks', async () => {
    write(log, '1\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    append(log, '2\n')
    renameSync(log, stage.path('app.log.2'))
    write(log, '3\n')
    renameSync(log, stage.path('app.log.1'))
    write(log, '4\n')
    await stage.poll()
    expect(texts()).toEqual(['1', '2', '3', '4'])
  })

  test('the last line without newline is given out once its file is rotated and quiet', async () => {
    write(log, '1\n2')
    await stage.start({ paths: [log] })
    await stage.poll()
    renameSync(log, stage.path('app.log.1'))
    write(log, '3\n')
    await stage.poll()
    expect(texts()).toEqual(['1', '3'])
    await stage.poll(6000)
    expect(texts()).toEqual(['1', '3', '2'])
    await stage.quiesce()
    expect(texts()).toEqual(['1', '3', '2'])
  })

  for (const regrown of ['6\n', '6\n7\n8\n9\n10\n11\n12\n13\n14\n']) {
    test(`by copying and truncating, unread rest in the copy, then ${regrown.length} bytes`, async () => {
      write(log, '1\n2\n3\n')
      await stage.start({ paths: [log] })
      await stage.poll()
      append(log, '4\n5\n')
      copyFileSync(log, stage.path('app.log.1'))
      truncateSync(log)
      append(log, regrown)
      await stage.poll()
      const expected = ['1', '2', '3', '4', '5', ...regrown.trim().split('\n')]
      expect(texts()).toEqual(expected)
      await stage.quiesce()
      expect(texts()).toEqual(expected)
      expect([...stage.journal.counts]).toEqual([])
    })
  }

  test('the same with a copy inside the glob, found before or after the truncation', async () => {
    write(log, '1\n2\n3\n')
    await stage.start({ paths: [stage.path('app.log*')] })
    await stage.poll()
    append(log, '4\n')
    copyFileSync(log, stage.path('app.log.1'))
    await stage.poll(6000)
    expect(texts()).toEqual(['1', '2', '3', '4'])
    truncateSync(log)
    append(log, '1\n2\n9\n10\n11\n')
    await stage.poll(6000)
    await stage.quiesce()
    expect(texts()).toEqual(['1', '2', '3', '4', '1', '2', '9', '10', '11'])
    append(log, '12\n')
    renameSync(stage.path('app.log.1'), stage.path('app.log.2'))
    copyFileSync(log, stage.path('app.log.1'))
    truncateSync(log)
    append(log, '13\n')
    await stage.poll(6000)
    await stage.quiesce()
    expect(texts().slice(9)).toEqual(['12', '13'])
  })

  test('same first line after truncation, and several truncations between two looks', async () => {
    write(log, 'first\n1\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    append(log, '2\n')
    copyFileSync(log, stage.path('app.log.2'))
    write(log, 'first\n3\n')
    copyFileSync(log, stage.path('app.log.1'))
    write(log, 'first\n4\n5\n6\n7\n')
    await stage.poll()
    await stage.quiesce()
    expect(texts()).toEqual(['first', '1', '2', 'first', '3', 'first', '4', '5', '6', '7'])
  })

  test('while stopped: renamed twice, then copied and truncated', async () => {
    write(log, '1\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    await stage.stop()
    append(log, '2\n')
    renameSync(log, stage.path('app.log.3'))
    write(log, '3\n')
    renameSync(log, stage.path('app.log.2'))
    write(log, '4\n')
    copyFileSync(log, stage.path('app.log.1'))
    write(log, '5\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    await stage.quiesce()
    expect(texts()).toEqual(['1', '2', '3', '4', '5'])
    await stage.stop()
    await stage.start({ paths: [log] })
    await stage.quiesce()
    expect(texts()).toEqual(['1', '2', '3', '4', '5'])
  })

  test('what was rotated before the log was first followed is not read', async () => {
    write(stage.path('app.log.1'), 'old\n')
    write(log, '1\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    renameSync(stage.path('app.log.1'), stage.path('app.log.2'))
    renameSync(log, stage.path('app.log.1'))
    write(log, '2\n')
    await stage.poll()
    await stage.quiesce()
    expect(texts()).toEqual(['1', '2'])
  })

  test('a truncation without a copy is counted', async () => {
    write(log, '1\n2\n3')
    await stage.start({ paths: [log] })
    await stage.poll()
    write(log, '4\n')
    await stage.poll()
    await stage.quiesce()
    expect(texts()).toEqual(['1', '2', '4'])
    expect(stage.journal.counted('unread_at_truncate')).toBe(1)
  })

  test('deleted and made anew, inode reused or not', async () => {
    write(log, '1\n2\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    append(log, '3\n')
    rmSync(log)
    write(log, '4\n5\n6\n7\n')
    await stage.poll()
    await stage.quiesce()
    expect(texts()).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    expect(stage.tail!.status()).toMatchObject({ files_known: 1, files_open: 1 })
    expect(stage.journal.positions.size).toBe(1)
  })

  test('moved away, truncated, moved back', async () => {
    write(log, '1\n2\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    renameSync(log, stage.path('elsewhere'))
    await stage.poll()
    truncateSync(stage.path('elsewhere'))
    append(stage.path('elsewhere'), '3\n')
    renameSync(stage.path('elsewhere'), log)
    await stage.poll(6000)
    await stage.quiesce()
    expect(texts()).toEqual(['1', '2', '3'])
  })

  test('a symlink to a moving target', async () => {
    write(stage.path('0.log'), '1\n')
    symlinkSync(stage.path('0.log'), stage.path('current'))
    await stage.start({ paths: [stage.path('current')] })
    await stage.poll()
    append(stage.path('0.log'), '2\n')
    write(stage.path('1.log'), '3\n')
    symlinkSync(stage.path('1.log'), stage.path('next'))
    renameSync(stage.path('next'), stage.path('current'))
    await stage.poll()
    append(stage.path('1.log'), '4\n')
    renameSync(stage.path('1.log'), stage.path('1.log.20261121'))
    write(stage.path('1.log'), '5\n')
    await stage.poll()
    expect(texts()).toEqual(['1', '2', '3', '4', '5'])
  })

  test('NULs that a writer without O_APPEND leaves are skipped and counted once', async () => {
    write(log, '1\n2\n')
    await stage.start({ paths: [log] })
    await stage.poll()
    copyFileSync(log, stage.path('app.log.1'))
    truncateSync(log)
    write(log, Buffer.concat([Buffer.alloc(3_000_000), Buffer.from('3\n')]))
    await stage.poll()
    expect(texts()).toEqual(['1', '2', '3'])
    expect(stage.journal.counted('nul_run')).toBe(1)
  })
})
