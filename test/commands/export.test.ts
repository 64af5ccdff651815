import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { answering, asked, hitsOf } from './asked.ts'

const events = [
  { '@timestamp': '2026-11-21T10:00:00.000Z', message: 'one, two', url: { path: '/a"b' } },
  { '@timestamp': '2026-11-21T10:00:01.000Z', message: 'line\nbreak', n: 5 },
]

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-export-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

test('NDJSON on standard output, oldest first', async () => {
  const { operations, requests } = answering(hitsOf(events))
  const { stdout, stderr } = await asked(['export', 'a:b'], operations)
  expect(stdout).toBe(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  expect(stderr).toBe('2 events\n')
  expect(requests[0]?.request).toMatchObject({
    sort: [{ '@timestamp': { order: 'asc' } }, { _doc: { order: 'asc' } }],
  })
})

test('only the fields that are asked for', async () => {
  const { operations } = answering(hitsOf(events))
  const { stdout } = await asked(['export', '--fields', 'url.path, n'], operations)
  expect(stdout).toBe('{"url.path":"/a\\"b"}\n{"n":5}\n')
})

test('CSV to a file, quoted as RFC 4180 says', async () => {
  const { operations } = answering(hitsOf(events))
  const path = join(folder, 'out.csv')
  const options = ['--format', 'csv', '--fields', 'message,url.path,n', '-o', path]
  expect(await asked(['export', ...options], operations)).toMatchObject({ code: 0, stdout: '' })
  expect(readFileSync(path, 'utf8')).toBe(
    'message,url.path,n\n"one, two","/a""b",\n"line\nbreak",,5\n',
  )
  expect(existsSync(`${path}.partial`)).toBe(false)
})

test('what is no plain file is written to, and stays what it is', async () => {
  const [fifo, link, behind] = ['fifo', 'link', 'behind'].map((name) => join(folder, name))
  execFileSync('mkfifo', [fifo!])
  writeFileSync(behind!, 'old')
  symlinkSync(behind!, link!)
  const { operations } = answering(hitsOf(events))
  const read = readFile(fifo!, 'utf8')
  expect(await asked(['export', '-o', fifo!], operations)).toMatchObject({ code: 0 })
  expect((await read).split('\n')).toHaveLength(3)
  expect(statSync(fifo!).isFIFO()).toBe(true)
  await asked(['export', '-o', link!], operations)
  expect(lstatSync(link!).isSymbolicLink()).toBe(true)
  expect(readFileSync(behind!, 'utf8').split('\n')).toHaveLength(3)
  const { stderr } = await asked(['export', '--format', 'parquet', '-o', fifo!], operations)
  expect(stderr).toContain('Parquet needs a file')
})

test('Parquet, which any DuckDB reads', async () => {
  const { operations } = answering(hitsOf(events))
  const path = join(folder, "o'ut.parquet")
  await asked(['export', '--format', 'parquet', '-o', path], operations)
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const sql = `select message, url.path, n from read_parquet('${path.replaceAll("'", "''")}') order by "@timestamp"`
  const rows = (await connection.runAndReadAll(sql)).getRowsJson()
  connection.closeSync()
  instance.closeSync()
  expect(rows).toEqual([
    ['one, two', '/a"b', null],
    ['line\nbreak', null, '5'],
  ])
})

test('Parquet needs a file, and a file a folder', async () => {
  const { operations } = answering(hitsOf(events))
  const without = await asked(['export', '--format', 'parquet'], operations)
  expect(without).toMatchObject({ code: 1 })
  expect(without.stderr).toContain('add --output <file>')
  const nowhere = await asked(['export', '-o', join(folder, 'x/y')], operations)
  expect(nowhere).toMatchObject({ code: 1 })
  expect(nowhere.stderr).toContain('cannot be written')
})
