import { documentsTag } from '../../../../store/documents_tag.ts'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { promotedColumns } from '../../../../store/embedded/columns.ts'
import { PathTree } from '../../../../store/embedded/segments/path_tree.ts'
import { RowFile } from '../../../../store/embedded/segments/row_file.ts'
import { hashesOf } from '../../../../store/embedded/segments/words.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'weir-rows-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const time = '"@timestamp":"2026-11-21T10:17:37.123Z"'

async function rowsOf(lines: readonly string[], { tag = 'a', fieldsMax = 1_000 } = {}) {
  const paths = new PathTree(fieldsMax)
  const path = join(folder, 'rows')
  const file = await RowFile.create(systemFiles, path, paths, 1_000_000, () => false)
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const part = { stream: 's', tag, ordinal: 5, count: lines.length, start: 0, end: bytes.length }
  await file.add({ segment: 'J', parts: [part], bytes, count: lines.length })
  await file.close()
  const facts = file.facts()
  const rows = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const named = rows.map((row) => {
    const [, ordinal, spill, at, seq, id, ...rest] = row.split('\u0001')
    const source = rest.pop()
    const values = Object.fromEntries(
      rest.flatMap((value, place) => (value === '' ? [] : [[promotedColumns[place]!.path, value]])),
    )
    const bits = facts.spills[Number(spill) - 1]!
    const spilled = promotedColumns.flatMap(({ path: name }, place) =>
      (bits >> place) & 1 ? [name] : [],
    )
    return { ordinal, at, seq, id, source, values, spilled }
  })
  const shapes = paths
    .takeLearnt()
    .filter(({ shape }) => shape.path !== '@timestamp')
    .map(({ shape: { path: name, jsonPath, kind } }) => `${name} ${jsonPath} ${kind}`)
  return {
    rows: named,
    shapes,
    facts,
    words: file.words().get('s'),
    beyond: paths.beyondCounts.get('s'),
  }
}

test('promoted values stand in their columns, whichever way their names are spelled', async () => {
  const { rows, shapes } = await rowsOf([
    `{${time},"message":"a b","log":{"level":"info"},"http":{"response":{"status_code":200}}}`,
    `{${time},"log.level":"warn","http.response":{"status_code":-1},"process":{"pid":null}}`,
  ])
  expect(rows.map(({ values }) => values)).toEqual([
    { message: 'a b', 'log.level': 'info', 'http.response.status_code': '200' },
    { 'log.level': 'warn', 'http.response.status_code': '-1' },
  ])
  expect(rows[1]).toMatchObject({
    ordinal: '6',
    at: '2026-11-21T10:17:37.123Z',
    seq: '',
    spilled: [],
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
  expect(rows.map(({ spilled }) => spilled.join())).toEqual([
    'log.level',
    'message',
    'process.pid',
    'process.pid',
    'log.level',
    'log.level',
    'process.pid',
    '',
  ])
  expect(rows.slice(0, 7).map(({ values }) => values)).toEqual(Array(7).fill({}))
})

test('texts with escapes, and empty ones, keep their quotes', async () => {
  const { rows, facts } = await rowsOf([
    String.raw`{${time},"message":"a\nb","user":{"name":""},"url":{"path":"/x"}}`,
  ])
  expect(rows[0]!.values).toEqual({
    message: String.raw`"a\nb"`,
    'user.name': '""',
    'url.path': '/x',
  })
  expect(facts.escaped).toBe(
    (1 << 0) | (1 << promotedColumns.findIndex(({ path }) => path === 'user.name')),
  )
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
  const { words } = await rowsOf([
    String.raw`{${time},"m":"Größe ERROR-42 \u0041bc\tx \u212Aelvin ` +
      'K2 İst' +
      '","n":-7.25,"t":true}',
  ])
  const has = (text: string) => hashesOf(text).every((hash) => words!.includes(hash >>> 0))
  for (const word of ['größe', 'error', '42', 'abc', 'x', 'kelvin', 'k2', 'İst', '7', '25', 'true'])
    expect(has(word), word).toBe(true)
  for (const word of ['m', 'err', '2026', 'bc']) expect(has(word), word).toBe(false)
})

test('documents come without what is around them, and say what they replace', async () => {
  const { rows, facts } = await rowsOf(
    [
      `{${time},"@es":{"id":"a\\"b","seq":7,"op":"index","replaces":3},"source":{"message":"x","source":1}}`,
      `{${time},"@es":{"id":"c","seq":8,"op":"create","no_time":true},"source":{}}`,
      `{${time},"@es":{"id":"d","seq":9,"op":"delete","replaces":4}}`,
    ],
    { tag: documentsTag },
  )
  expect(rows.map(({ id, seq, source, at }) => ({ id, seq, source, at }))).toEqual([
    {
      id: '"a\\"b"',
      seq: '7',
      source: '{"message":"x","source":1}',
      at: '2026-11-21T10:17:37.123Z',
    },
    { id: '"c"', seq: '8', source: '{}', at: '' },
  ])
  expect(facts.masks).toEqual([
    { stream: 's', seq: 3 },
    { stream: 's', seq: 4 },
  ])
})

test('a line that is no JSON object is kept as its message', async () => {
  const { rows, facts } = await rowsOf([`{${time},"a":`, `{${time}} x`])
  expect(facts.refused).toBe(2)
  expect(rows.map(({ source }) => (JSON.parse(source!) as { message: string }).message)).toEqual([
    `{${time},"a":`,
    `{${time}} x`,
  ])
})
