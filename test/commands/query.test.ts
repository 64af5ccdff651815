import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { answering, asked, hitsOf } from './asked.ts'
import { inProcess } from './in_process.ts'

const newest = { '@timestamp': '2026-11-21T10:00:01Z', message: 'two', 'log.level': 'error' }
const oldest = { '@timestamp': '2026-11-21T10:00:00Z', message: 'one, "quoted"', n: { a: [1, 2] } }

test('the newest last, and how many there are beside', async () => {
  const { operations, requests } = answering(hitsOf([newest, oldest], 12))
  const { stdout, stderr, code } = await asked(
    ['query', 'message:one', '-n', '2', '-f', '-15m', '-t', 'now/d'],
    operations,
  )
  expect(code).toBe(0)
  expect(stdout.split('\n')).toEqual([
    '2026-11-21T10:00:00Z  one, "quoted"',
    '2026-11-21T10:00:01Z  ERROR  two',
    '',
  ])
  expect(stderr).toBe('the newest 2 of 12; more with --limit\n')
  const [{ target, request }] = requests as [(typeof requests)[number]]
  expect(target).toBe('logs-*')
  expect(request).toMatchObject({
    size: 2,
    query: {
      bool: {
        filter: [expect.anything(), { range: { '@timestamp': { gte: 'now-15m', lt: 'now/d' } } }],
      },
    },
  })
})

test('an answer that lacks damaged segments says so, on standard error', async () => {
  const reason = { type: 'corrupt_index_exception', reason: 'the file is missing' }
  const _shards = { failures: [{ index: '_mixed/0000000011.parquet', reason }] }
  const { operations } = answering({ ...hitsOf([newest]), _shards })
  const { stdout, stderr, code } = await asked(['query', '*', '--raw'], operations)
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'two\n' })
  expect(stderr).toContain('not whole: what was in _mixed/0000000011.parquet (the file is missing)')
})

test.each([
  [['--csv'], '@timestamp,log.level,message\n2026-11-21T10:00:00Z,,"one, ""quoted"""\n'],
  [['--csv', '--fields', 'n.a, gone'], 'n.a,gone\n"[1,2]",\n'],
  [['--fields', 'n.a,gone,message'], '[1,2]  -  one, "quoted"\n'],
  [['--raw'], 'one, "quoted"\n'],
  [['--json'], `${JSON.stringify(oldest)}\n`],
  [['--json', '--fields', 'n.a,gone'], '{"n.a":[1,2]}\n'],
])('%j', async (options, expected) => {
  const { operations } = answering(hitsOf([oldest]))
  expect((await asked(['query', ...options], operations)).stdout).toBe(expected)
})

test('events without a message are shown by their request, or as they are', async () => {
  const request = { http: { request: { method: 'GET' } }, url: { original: '/a' } }
  const { operations } = answering(hitsOf([{ ...request }, { n: 1 }]))
  expect((await asked(['query', '--raw'], operations)).stdout).toBe('{"n":1}\nGET /a\n')
  expect((await asked(['query', '--csv'], operations)).stdout).toBe(
    '@timestamp,log.level,message\n,,"{""n"":1}"\n,,GET /a\n',
  )
})

test('a total that was not counted to its end is told as such', async () => {
  const { hits } = hitsOf([newest])
  const { operations } = answering({ hits: { ...hits, total: { value: 10_000, relation: 'gte' } } })
  const { stderr } = await asked(['query', '-n', '1'], operations)
  expect(stderr).toBe('the newest 1 of at least 10000; more with --limit\n')
})

test('one way of writing at a time', async () => {
  const { operations } = answering(hitsOf([newest]))
  const { code, stderr } = await asked(['query', '--json', '--csv'], operations)
  expect(code).toBe(2)
  expect(stderr).toContain("option '--json' cannot be used with option '--csv'")
})

test('a query that begins with a dash is shown its place', async () => {
  const { operations } = answering(hitsOf([newest]))
  const { stderr } = await asked(['query', '-host.name:a'], operations)
  expect(stderr).toContain("comes after --: weir query -- '-host.name:a'")
})

test('what would move the cursor or colour the terminal is shown as what it is', async () => {
  const { operations } = answering(hitsOf([{ message: 'a\u001b[31mred\u0007\u009b2J\ttab' }]))
  expect((await asked(['query'], operations)).stdout).toBe('a\\x1b[31mred\\x07\\x9b2J\ttab\n')
  // For programs as it is.
  const raw = await asked(['query', '--json'], operations)
  expect(JSON.parse(raw.stdout)).toEqual({ message: 'a\u001b[31mred\u0007\u009b2J\ttab' })
})

test('more than one answer holds is asked page by page', async () => {
  const all = Array.from({ length: 10_500 }, (_, n) => ({ n }))
  const { operations, requests } = answering(({ search_after: after }) => {
    const from = after ? Number((after as number[])[0]) + 1 : 0
    const { hits } = hitsOf(all.slice(0, from + 10_000))
    return { hits: { ...hits, hits: hits.hits.slice(from) } }
  })
  const { stdout } = await asked(['query', '-n', '20000', '--json', '--reverse'], operations)
  expect(stdout.trim().split('\n').length).toBe(10_500)
  expect(requests.length).toBe(2)
})

test('mistakes', async () => {
  const { operations } = answering(hitsOf([]))
  const wrong = await asked(['query', 'message:('], operations)
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
  expect(wrong.stderr).toMatch(/column/)
  expect((await asked(['query', '-f', 'yesterday'], operations)).code).toBe(2)
  expect((await asked(['query', 'x'], operations)).stderr).toBe('nothing found\n')
})

/** Another machine's Weir. */
async function remote(status: number, body: object) {
  const got: IncomingMessage[] = []
  const server = createServer((request, response) => {
    got.push(request)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got }
}

test('another machine is asked over HTTP, with the token', async () => {
  const { url, got } = await remote(200, hitsOf([oldest]))
  const argv = ['query', '--raw', '--url', `${url}/`, '-i', 'logs-a-*,logs b']
  const { stdout } = await inProcess(argv, { WEIR_TOKEN: 'secret' })
  expect(stdout).toBe('one, "quoted"\n')
  expect(got[0]?.url).toBe('/es/logs-a-*,logs%20b/_search')
  expect(got[0]?.headers.authorization).toBe('Bearer secret')
})

test.each([
  [401, { error: { reason: 'no "token"' } }, 'WEIR_REQUEST_FORBIDDEN'],
  [403, { error: { code: 'scope_missing', message: 'no "token"' } }, 'WEIR_REQUEST_FORBIDDEN'],
  [400, { error: { reason: 'no "token"' } }, 'WEIR_REQUEST_INVALID'],
])('it answers %i', async (status, body, code) => {
  const { url } = await remote(status, body)
  const ended = await inProcess(['query', '--url', url])
  expect(ended).toMatchObject({ code: 1, stdout: '' })
  expect(ended.stderr).toContain(`${url} answered ${status}: no "token"`)
  expect(ended.stderr).toContain(code)
})

test('it cannot be reached', async () => {
  const ended = await inProcess(['query', '--url', 'http://127.0.0.1:1'])
  expect(ended.code).toBe(69)
  expect(ended.stderr).toContain('http://127.0.0.1:1 cannot be reached')
})
