import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileImport, type ImportConfig } from '../../../../collector/inputs/import/import.ts'
import { Harness, ManualClock, until } from '../harness.ts'

let folder: string
let journal: Harness
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-import-'))
  journal = new Harness()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `line ${i} ${'x'.repeat(90)}`)
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

function imported(files: string[], config: Partial<ImportConfig> = {}, given = {}): FileImport {
  const id = 'input.(import)'
  return new FileImport({ files, encoding: 'utf-8', ...config }, journal.context({ id, ...given }))
}

/** Imports to the end; what the status says then. */
async function whole(files: string[], config: Partial<ImportConfig> = {}) {
  const input = imported(files, config)
  await input.start()
  await until(
    () => input.status()['done'] === true,
    () => input.status(),
  )
  await input.stop(AbortSignal.timeout(20_000))
  return input.status()
}

test('plain and compressed files, the last line without an end, and an empty file', async () => {
  const files = [
    file('a.log', 'one\ntwo'),
    file('b.log.gz', gzipSync('three\nfour\n')),
    file('c.log', ''),
    file('named_otherwise', Buffer.concat([gzipSync('five\n'), gzipSync('six\n')])),
  ]
  const status = await whole(files, { tag: 'old' })
  expect(journal.texts()).toEqual(['one', 'two', 'three', 'four', 'five', 'six'])
  expect(journal.events[0]).toMatchObject({
    tag: 'old',
    context: { log: { file: { path: files[0] } } },
  })
  expect(status).toMatchObject({ files: 4, files_done: 4, problems: [] })
  expect(status['bytes']).toBe(status['total_bytes'])
})

test('what was imported does not come again, what was appended does', async () => {
  const path = file('a.log', 'one\ntwo\n')
  await whole([path])
  await whole([path])
  expect(journal.texts()).toEqual(['one', 'two'])
  appendFileSync(path, 'three\n')
  await whole([path])
  expect(journal.texts()).toEqual(['one', 'two', 'three'])
  // Another tag is another import.
  await whole([path], { tag: 'again' })
  expect(journal.texts().slice(3)).toEqual(['one', 'two', 'three'])
})

test('other content at the same path is imported from its beginning', async () => {
  const path = file('a.log', 'one\ntwo\n')
  await whole([path])
  file('a.log', 'uno\ndos\ntres\n')
  await whole([path])
  expect(journal.texts()).toEqual(['one', 'two', 'uno', 'dos', 'tres'])
})

test.each(['plain', 'gzip'])('a crash amid a %s file loses and doubles nothing', async (kind) => {
  const lines = numbered(40_000)
  const path = file('a', kind === 'gzip' ? gzipSync(textOf(lines)) : textOf(lines))
  const input = imported([path])
  // The first two chunks become durable, the third never does.
  let deliveries = 0
  const context = journal.context({ id: 'input.(import)' })
  const first = new FileImport(
    { files: [path], encoding: 'utf-8' },
    {
      ...context,
      deliver: (arrival) => {
        if (++deliveries === 3) journal.holding = true
        return journal.deliver(arrival)
      },
    },
  )
  await first.start()
  await until(() => journal.held > 0)
  await first.stop(AbortSignal.abort())
  journal.crash()
  const before = journal.texts().length
  expect(before).toBeGreaterThan(0)
  expect(before).toBeLessThan(lines.length)
  await input.stop(AbortSignal.abort())
  await whole([path])
  expect(journal.texts()).toEqual(lines)
})

test('a delivery that is refused is made again', async () => {
  const path = file('a.log', textOf(['one', 'two']))
  const clock = new ManualClock()
  const input = imported([path], {}, { clock })
  journal.failure = new Error('no')
  await input.start()
  await until(() => clock.sleepers > 0)
  expect(journal.texts()).toEqual([])
  journal.failure = undefined
  clock.advance(1000)
  await until(() => input.status()['done'] === true)
  expect(journal.texts()).toEqual(['one', 'two'])
  await input.stop(AbortSignal.timeout(20_000))
})

test('a file that cannot be read costs the others nothing', async () => {
  const files = [join(folder, 'gone'), file('a.log', 'one\n'), file('torn.gz', 'x')]
  writeFileSync(files[2]!, gzipSync(textOf(numbered(1000))).subarray(0, 200))
  const status = await whole(files)
  expect(journal.texts().slice(0, 1)).toEqual(['one'])
  expect(status['problems']).toEqual([
    expect.stringContaining('there is no such file'),
    expect.stringMatching(/torn\.gz: the gzip data is damaged or breaks off \(unexpected end/),
  ])
})

test('a gzip file that breaks off keeps its torn line back, and goes on there once it is whole', async () => {
  const lines = numbered(1000)
  const one = gzipSync(textOf(lines))
  for (const gzip of [one, Buffer.concat([gzipSync(textOf(lines)), one])]) {
    journal = new Harness()
    const path = file('a.log.gz', gzip.subarray(0, -300))
    for (let time = 0; time < 2; time++) {
      expect((await whole([path]))['problems']).toEqual([expect.stringContaining(path)])
      const torn = journal.texts()
      expect(torn.length).toBeGreaterThan(0)
      expect(torn).toEqual([...lines, ...lines].slice(0, torn.length))
    }
    file('a.log.gz', gzip)
    expect((await whole([path]))['problems']).toEqual([])
    expect(journal.texts()).toEqual(gzip === one ? lines : [...lines, ...lines])
  }
})

test('lines that belong together, in another encoding', async () => {
  const text = 'A 1\n  at x\nA é\n'
  const path = file('a.log', Buffer.from(text, 'latin1'))
  await whole([path], { start_pattern: '^A', encoding: 'latin1' })
  expect(journal.texts()).toEqual(['A 1\n  at x', 'A é'])
})

test('positions go a month after their import', async () => {
  await whole([file('a.log', 'one\n')])
  expect(journal.positions.size).toBe(1)
  const clock = new ManualClock()
  clock.advance(31 * 86_400_000)
  const input = imported([], {}, { clock })
  await input.start()
  await until(() => journal.positions.size === 0)
  await input.stop(AbortSignal.timeout(20_000))
})

test('each worker takes its own files', async () => {
  const files = Array.from({ length: 20 }, (_, i) => file(`${i}.log`, `${i}\n`))
  const both = [0, 1].map((index) => imported(files, {}, { worker: { index, count: 2 } }))
  for (const input of both) await input.start()
  await until(() => both.every((input) => input.status()['done'] === true))
  for (const input of both) await input.stop(AbortSignal.timeout(20_000))
  expect(journal.texts().toSorted()).toEqual(files.map((_, i) => String(i)).toSorted())
  expect(both.map((input) => Number(input.status()['files'])).every((n) => n > 0)).toBe(true)
})
