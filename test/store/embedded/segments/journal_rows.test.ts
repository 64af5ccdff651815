import { DuckDBInstance } from '@duckdb/node-api'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { documentsTag } from '../../../../store/documents_tag.ts'
import { promotedColumns } from '../../../../store/embedded/columns.ts'
import { database } from '../../../../store/embedded/database.ts'
import { JournalRows } from '../../../../store/embedded/segments/journal_rows.ts'
import { OpenGroups } from '../../../../store/embedded/segments/open_group.ts'
import { PathTree } from '../../../../store/embedded/segments/path_tree.ts'
import { readOf } from '../../../../store/embedded/segments/token_filter.ts'
import { filterIn } from '../../../../store/embedded/segments/words_file.ts'
import { hashesOf } from '../../../../store/embedded/segments/words.ts'
import { sql } from '../../../../store/embedded/sql.ts'

let folder: string
let duckdb: DuckDBInstance
beforeAll(async () => void (duckdb = await DuckDBInstance.create(':memory:')))
afterAll(() => duckdb.closeSync())
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'weir-rows-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const firstMs = Date.UTC(2026, 10, 21)
const time = '"@timestamp":"2026-11-21T10:17:37.123Z"'

/** What DuckDB reads of the segments that lines become. @param streams that the lines are of in turns, a hundred each time */
async function rowsOf(
  lines: readonly string[],
  { tag = 'a', fieldsMax = 1_000, streams = ['s'] } = {},
) {
  const paths = new PathTree(fieldsMax)
  let ids = 0
  const journalRows = new JournalRows({
    segments: { files: systemFiles, folder, step: () => undefined },
    groups: new OpenGroups(),
    paths,
    wordsMax: 1_000_000,
    takeId: () => ++ids,
    isGone: () => false,
  })
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const partLines = streams.length === 1 ? lines.length : 100
  let start = 0
  const parts = Array.from({ length: Math.ceil(lines.length / partLines) }, (_, n) => {
    const own = lines.slice(n * partLines, (n + 1) * partLines)
    const end = start + Buffer.byteLength(own.join('\n')) + 1
    const stream = streams[n % streams.length]!
    const part = { stream, tag, ordinal: 5 + n * partLines, count: own.length, start, end }
    start = end
    return part
  })
  await journalRows.add({ segment: 'J', parts, bytes, count: lines.length })
  await journalRows.end()
  const segments = await journalRows.finish()
  const connection = await duckdb.connect()
  const files = segments.map(({ file }) => `${folder}/segments/${file}`)
  const read = await Promise.all(
    files.map((file) =>
      database(connection).rows(
        sql`select *, cast("@timestamp" as varchar) as at from read_parquet(${file})`,
        AbortSignal.timeout(10_000),
      ),
    ),
  )
  const bounds = await Promise.all(
    files.map((file) =>
      database(connection).rows(
        sql`select row_group_num_rows::integer as rows, stats_min_value as least, stats_max_value as most
          from parquet_metadata(${file}) where path_in_schema = 'log.level' order by row_group_id`,
        AbortSignal.timeout(10_000),
      ),
    ),
  )
  connection.closeSync()
  const rows = read.flat().map((row) => {
    const values = Object.fromEntries(
      promotedColumns.flatMap(({ path }) => (row[path] === null ? [] : [[path, row[path]]])),
    )
    const { _stream: stream, _ordinal: ordinal, at, _seq: seq, _id: id, _source: source } = row
    return { stream, ordinal, at, seq, id, source, values, spilled: row['_spilled'] }
  })
  const shapes = paths
    .takeLearnt()
    .filter(({ shape }) => shape.path !== '@timestamp')
    .map(({ shape: { path: name, jsonPath, kind } }) => `${name} ${jsonPath} ${kind}`)
  const beyond = paths.beyondCounts.get('s')
  return { rows, shapes, segments, journalRows, beyond, levels: bounds.flat() }
}

test('promoted values stand in their columns, whichever way their names are spelled', async () => {
  const { rows, shapes } = await rowsOf([
    `{${time},"message":"a b","log":{"level":"info"},"http":{"response":{"status_code":200}}}`,
    `{${time},"log.level":"warn","http.response":{"status_code":-1},"process":{"pid":null}}`,
  ])
  expect(rows.map(({ values }) => values)).toEqual([
    { message: 'a b', 'log.level': 'info', 'http.response.status_code': 200n },
    { 'log.level': 'warn', 'http.response.status_code': -1n },
  ])
  expect(rows[1]).toMatchObject({
    ordinal: 6,
    at: '2026-11-21 10:17:37.123',
    seq: null,
    spilled: null,
  })
  expect(shapes).toEqual([
    'message $."message" string',
    'log.level $."log"."level" string',
    'http.response.status_code $."http"."response"."status_code" long',
    'log.level $."log.level" string',
    'http.response.status_code $."http.response"."status_code" long',
  ])
})

test('what a column cannot hold is spilled', async () => {
  const { rows } = await rowsOf([
    `{${time},"log":{"level":["a"]}}`,
    `{${time},"message":{"a":1}}`,
    `{${time},"process":{"pid":"12"}}`,
    `{${time},"process":{"pid":1.5}}`,
    `{${time},"log":{"level":"a"},"log.level":"b"}`,
    `{${time},"log":[{"level":"a"}]}`,
    `{${time},"process":{"pid":9223372036854775808}}`,
    `{${time},"process":{"pid":9223372036854775807}}`,
  ])
  expect(rows.map(({ spilled }) => spilled)).toEqual([
    ['log.level'],
    ['message'],
    ['process.pid'],
    ['process.pid'],
    ['log.level'],
    ['log.level'],
    ['process.pid'],
    null,
  ])
  expect(rows.map(({ values }) => values)).toEqual([
    ...Array<object>(7).fill({}),
    { 'process.pid': 9223372036854775807n },
  ])
})

test('texts with escapes are unescaped, and empty ones are texts', async () => {
  const { rows } = await rowsOf([
    String.raw`{${time},"message":"a\nb \u00e9\u0000","user":{"name":""},"url":{"path":"/x"}}`,
  ])
  expect(rows[0]!.values).toEqual({ message: 'a\nb é\0', 'user.name': '', 'url.path': '/x' })
})

test('times of any year and precision, and none', async () => {
  const times = [
    '2026-11-21T10:17:37.123456789Z',
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999999Z',
    '1969-12-31T23:59:59.999Z',
    '2026-11-21T10:17:38.000Z',
  ]
  const { rows, segments } = await rowsOf(times.map((each) => `{"@timestamp":"${each}"}`))
  expect(rows.map(({ at }) => at)).toEqual([
    '2026-11-21 10:17:37.123456',
    '0001-01-01 00:00:00',
    '9999-12-31 23:59:59.999999',
    '1969-12-31 23:59:59.999',
    '2026-11-21 10:17:38',
  ])
  expect(segments[0]!.parts).toMatchObject([
    { rows: 5, untimed: 0, minMicros: -62135596800000000n, maxMicros: 253402300799999999n },
  ])
  const minute = Date.UTC(2026, 10, 21, 10, 17) / 60_000
  expect(segments[0]!.minutes).toContainEqual({ stream: 's', minute, level: '', count: 2 })
})

test('numbers as wide as a column, whichever way they are written', async () => {
  const numbers = ['-0', '999999999999999', '-9223372036854775808', '1234567890123456789', '7']
  const { rows } = await rowsOf(numbers.map((each) => `{${time},"process":{"pid":${each}}}`))
  expect(rows.map(({ values }) => values['process.pid'])).toEqual([
    0n,
    999999999999999n,
    -9223372036854775808n,
    1234567890123456789n,
    7n,
  ])
})

test('counts by minute and level are kept, unless some level cannot be counted', async () => {
  const line = (level: string) => `{${time},"log":{"level":${level}}}`
  const minute = Date.UTC(2026, 10, 21, 10, 17) / 60_000
  const counted = await rowsOf(['"info"', '"error"', 'null', '"info"', '7'].map(line))
  expect(counted.segments[0]!.minutes).toEqual([
    { stream: 's', minute, level: '', count: 1 },
    { stream: 's', minute, level: 'info', count: 2 },
    { stream: 's', minute, level: 'error', count: 1 },
    { stream: 's', minute, level: '7', count: 1 },
  ])
  for (const odd of ['""', '["info"]', '"inf\\u006f"']) {
    const { segments } = await rowsOf([line('"info"'), line(odd)])
    expect(segments[0]!.minutes, odd).toBeUndefined()
  }
})

test('many rows of a stream and day are a segment of their own; another day begins the next', async () => {
  const pad = '.'.repeat(60)
  const line = (n: number) => {
    const at = new Date(Date.UTC(2026, 10, 21) + (n - 42_000) * 10).toISOString()
    return `{"@timestamp":"${at}","message":"m${n} ${n % 3}","pad":"${pad}"}`
  }
  const lines = Array.from({ length: 45_000 }, (_, n) => line(n))
  const { rows, segments } = await rowsOf(lines)
  expect(segments.map(({ stream, day, parts }) => [stream, day, parts[0]!.rows])).toEqual([
    ['s', '2026-11-20', 42_000],
    [undefined, undefined, 3_000],
  ])
  expect(rows.every(({ source, ordinal }, n) => source === lines[n] && ordinal === n + 5)).toBe(
    true,
  )
  expect(rows.every(({ values }, n) => values['message'] === `m${n} ${n % 3}`)).toBe(true)
})

test.each([[['s']], [['s', 't', 'u']]])(
  'of many rows those that tell of trouble have row groups of their own, streams %s',
  async (streams) => {
    const levelOf = (n: number) => (n % 50 === 7 ? 'error' : n % 50 === 8 ? 'WARN' : 'info')
    const statusOf = (n: number) => (n % 1_000 === 9 ? 404 : 304)
    const pad = '.'.repeat(60)
    const line = (n: number) => {
      const [level, status] = [levelOf(n), statusOf(n)]
      const values = `"log":{"level":"${level}"},"http":{"response":{"status_code":${status}}}`
      return `{"@timestamp":"${new Date(firstMs + n).toISOString()}","message":"m${n % 90}",${values},"pad":"${pad}"}`
    }
    const lines = Array.from({ length: 50_000 }, (_, n) => line(n))
    const { rows, levels, segments } = await rowsOf(lines, { streams })
    expect(segments).toHaveLength(1)
    expect(levels).toEqual([
      { rows: 40_960, least: 'info', most: 'info' },
      { rows: 6_990, least: 'info', most: 'info' },
      { rows: 2_050, least: 'WARN', most: 'info' },
    ])
    const isTrouble = (n: number) => levelOf(n) !== 'info' || statusOf(n) === 404
    const all = lines.map((_, n) => n)
    const order = [...all.filter((n) => !isTrouble(n)), ...all.filter(isTrouble)]
    const wanted = order.map((n) => {
      const stream = streams[Math.floor(n / 100) % streams.length]
      return [stream, n + 5, lines[n], `m${n % 90}`, levelOf(n), statusOf(n)].join(' ')
    })
    const found = rows.map(({ stream, ordinal, source, values }) => {
      const { message, 'log.level': level, 'http.response.status_code': status } = values
      return [stream, ordinal, source, message, level, status].join(' ')
    })
    expect(found).toEqual(wanted)
  },
)

test('of few rows those that tell of trouble lie among the others', async () => {
  const { levels } = await rowsOf(
    ['info', 'error', 'info'].map((level) => `{${time},"log":{"level":"${level}"}}`),
  )
  expect(levels).toEqual([{ rows: 3, least: 'error', most: 'info' }])
})

test('kinds and ways of values are learnt; names of any kind', async () => {
  const { shapes } = await rowsOf([
    String.raw`{${time}, "a" : [1, 2.5, {"b":true}], "__proto__":{"x":1}, "d":"2026-11-21", "q\"\\":1, "é 🙂":{}}`,
  ])
  expect(shapes).toEqual([
    'a $."a"[*] long',
    'a $."a"[*] double',
    'a.b $."a"[*]."b" boolean',
    '__proto__.x $."__proto__"."x" long',
    'd $."d" date_string',
    String.raw`q"\ $."q\"\\" long`,
    'é 🙂 $."é 🙂" object',
  ])
})

test('more paths than a stream may have are counted, and promoted ones still found', async () => {
  const many = Array.from({ length: 50 }, (_, n) => `"f${n}":${n}`).join()
  const { rows, shapes, beyond } = await rowsOf([`{${time},${many},"log":{"level":"x"}}`], {
    fieldsMax: 20,
  })
  expect(shapes.length).toBeLessThan(25)
  expect(beyond).toBeGreaterThan(20)
  expect(rows[0]!.values).toEqual({ 'log.level': 'x' })
})

test('the words of values are those of a text asked for, in any case and spelling', async () => {
  const { segments } = await rowsOf([
    String.raw`{${time},"m":"Größe ERROR-42 \u0041bc\tx \u212Aelvin ` +
      'K2 İst' +
      '","n":-7.25,"t":true}',
  ])
  const file = readFileSync(`${folder}/segments/${segments[0]!.file.replace('.parquet', '.words')}`)
  const filter = filterIn(readOf(file), 's')!
  const has = (text: string) => hashesOf(text).every((hash) => filter.has(hash))
  for (const word of ['größe', 'error', '42', 'abc', 'x', 'kelvin', 'k2', 'İst', '7', '25', 'true'])
    expect(has(word), word).toBe(true)
  for (const word of ['m', 'err', '2026', 'bc']) expect(has(word), word).toBe(false)
})

test('documents come without what is around them, and say what they replace', async () => {
  const { rows, journalRows } = await rowsOf(
    [
      `{${time},"@es":{"id":"a\\"b","seq":7,"op":"index","replaces":3},"source":{"message":"x","source":1}}`,
      `{${time},"@es":{"id":"c","seq":8,"op":"create","no_time":true},"source":{}}`,
      `{${time},"@es":{"id":"d","seq":9,"op":"delete","replaces":4}}`,
    ],
    { tag: documentsTag },
  )
  expect(rows.map(({ id, seq, source, at }) => ({ id, seq, source, at }))).toEqual([
    {
      id: 'a"b',
      seq: 7n,
      source: '{"message":"x","source":1}',
      at: '2026-11-21 10:17:37.123',
    },
    { id: 'c', seq: 8n, source: '{}', at: null },
  ])
  expect(journalRows.masks).toEqual([
    { stream: 's', seq: 3 },
    { stream: 's', seq: 4 },
  ])
})

test('a line that is no JSON object is kept as its message', async () => {
  const { rows, journalRows } = await rowsOf([`{${time},"a":`, `{${time}} x`])
  expect(journalRows.refused).toBe(2)
  expect(
    rows.map(({ source }) => (JSON.parse(String(source)) as { message: string }).message),
  ).toEqual([`{${time},"a":`, `{${time}} x`])
})

test('while many rows are added, others have their turn', async () => {
  let turns = 0
  let isOver = false
  const count = () => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await rowsOf(Array.from({ length: 20_000 }, (_, n) => `{${time},"n":${n}}`))
  isOver = true
  expect(turns).toBeGreaterThanOrEqual(19)
})
