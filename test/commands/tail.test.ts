import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { asked } from './asked.ts'
import { inProcess } from './in_process.ts'

const event = {
  '@timestamp': '2026-11-21T10:00:00Z',
  message: 'é\u001b[2J',
  log: { level: 'warn' },
}
const items = [{ stream: 'logs-app-default', event }, { skipped: 3 }]
const line = '2026-11-21T10:00:00Z  WARN   é\\x1b[2J\n'

test('events, and how many were left out', async () => {
  let given: unknown
  const { stdout, stderr } = await asked(['tail', 'message:é', '-i', 'logs-app-*'], {
    async *'store.tail'(args) {
      given = args
      yield* items
    },
  })
  expect(given).toEqual({ query: 'message:é', target: 'logs-app-*' })
  expect(stdout).toBe(line)
  expect(stderr).toBe('3 left out\n')
})

test('as JSON', async () => {
  const { stdout } = await asked(['tail', '--json'], {
    async *'store.tail'() {
      yield* items
    },
  })
  expect(stdout).toBe(`${JSON.stringify(event)}\n`)
})

/** A Weir that sends these pieces to whoever follows. @returns its address, and what it is asked */
async function sending(...pieces: readonly (string | Buffer)[]) {
  const asks: (string | undefined)[] = []
  const server = createServer(async (request, response) => {
    asks.push(request.url)
    for (const piece of pieces) await new Promise((sent) => response.write(piece, sent))
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asks }
}

test('of another machine, whatever the pieces are that arrive', async () => {
  const [first, second] = items.map((item) => JSON.stringify(item))
  const text = `retry: 2000\n\n: quiet\n\ndata: ${first}\n\nevent: skipped\ndata: ${second}\n\n`
  const bytes = Buffer.from(text)
  // Amid the two bytes of é.
  const amid = bytes.indexOf(0xc3) + 1
  const { url, asks } = await sending(bytes.subarray(0, amid), bytes.subarray(amid))
  const { stdout, stderr, code } = await inProcess(['tail', 'a:b', '--url', url])
  expect(asks).toEqual(['/api/tail?query=a%3Ab&index=logs-*'])
  expect(stdout).toBe(line)
  expect(stderr).toContain('3 left out\n')
  // It never ends by itself: the other side went away.
  expect(stderr).toContain(`${url} has ended`)
  expect(code).toBe(69)
})

test('numbers of another machine stay as they were written', async () => {
  const numbers = '{"id":9007199254740993,"price":1.50}'
  const { url } = await sending(`data: {"stream":"logs-app-default","event":${numbers}}\n\n`)
  const { stdout } = await inProcess(['tail', '--json', '--url', url])
  expect(stdout).toBe(`${numbers}\n`)
})
