import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodePoint } from '../../../../store/points.ts'
import { prometheusFields } from '../../../../statsd/prometheus/config.ts'
import { Scraper } from '../../../../statsd/prometheus/scrape/scraper.ts'
import { fakeContext, stillClock } from '../../../collector/fake_world.ts'

let host: string
let answer: RequestListener
const server = createServer((request, response) => answer(request, response))
beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  host = `127.0.0.1:${(server.address() as { port: number }).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

/** Scrapes once and gives what was written. */
async function scrape(job: object = {}, limits: object = {}) {
  const context = fakeContext(stillClock())
  const { scrape: jobs, max_labels: maxLabels } = prometheusFields.prometheus.parse({
    scrape: [{ job: 'test', targets: [`http://${host}/metrics`], interval: '10s', ...job }],
    ...limits,
  })
  const lines: string[] = []
  const written = Promise.withResolvers<void>()
  const scraper = new Scraper(jobs, maxLabels, {
    context,
    append: async (batches) => {
      for (const { bytes } of batches)
        lines.push(...Buffer.from(bytes).toString().trimEnd().split('\n'))
      written.resolve()
      return 'durable'
    },
    instance: '01JD0000000000000000000000',
    namespace: 'default',
  })
  await scraper.start()
  await written.promise
  const [status] = scraper.status()
  await scraper.stop()
  const points = lines
    .map(decodePoint)
    .slice(0, lines.findIndex((line) => line.includes('scrape_samples_scraped')) + 1)
  const values = Object.fromEntries(
    points.map(({ series, last }) => [series.replaceAll(host, 'HOST'), last]),
  )
  delete values['scrape_duration_seconds;instance=HOST;job=test']
  return { values, status, points, counted: context.counted }
}

const text =
  (body: string, type = 'text/plain; version=0.0.4'): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': type }).end(body)

test('samples with labels of the job and the target, and what is said of the scrape', async () => {
  answer = text('a{b="c",job="own"} 1\nd 2 1000\nnone NaN\n')
  const { values, points, counted } = await scrape({ labels: { site: 'home' } })
  expect(values).toEqual({
    'a;b=c;exported_job=own;instance=HOST;job=test;site=home': 1,
    'd;instance=HOST;job=test;site=home': 2,
    'up;instance=HOST;job=test;site=home': 1,
    'scrape_samples_scraped;instance=HOST;job=test;site=home': 3,
    'scrape_duration_seconds;instance=HOST;job=test;site=home': expect.any(Number),
  })
  expect(points[0]).toMatchObject({ type: 'value', intervalMs: 10_000 })
  expect(points[1]!.atMs).toBe(1000)
  expect(counted.get('not_finite')).toBe(1)
})

test('OpenMetrics, inflated, honouring labels; it says who asks', async () => {
  let asked: Record<string, unknown> = {}
  answer = (request, response) => {
    asked = request.headers
    const headers = {
      'content-type': 'application/openmetrics-text; version=1.0.0',
      'content-encoding': 'gzip',
    }
    response.writeHead(200, headers).end(gzipSync('a_total{job="own"} 1 1.5\n# EOF\n'))
  }
  const { values } = await scrape({
    honor_labels: true,
    bearer_token: 'a-token-of-16-characters',
    headers: { 'x-a': 'b' },
  })
  expect(values['a_total;instance=HOST;job=own']).toBe(1)
  expect(asked).toMatchObject({
    authorization: 'Bearer a-token-of-16-characters',
    'x-a': 'b',
    'user-agent': 'Weir',
    'x-prometheus-scrape-timeout-seconds': '10',
    accept: expect.stringMatching(/openmetrics/),
  })
})

const down = { 'up;instance=HOST;job=test': 0, 'scrape_samples_scraped;instance=HOST;job=test': 0 }
test.each<[string, RequestListener, string, object?, object?]>([
  ['a line that is none', text('a 1\n<b>\n'), 'line 2:1: expected a name'],
  ['cut off', text('a 1\n', 'application/openmetrics-text'), '# EOF'],
  ['an error', (_request, response) => response.writeHead(500).end('a 1'), 'answered 500'],
  [
    'a redirect',
    (_request, response) => response.writeHead(302, { location: '/x' }).end(),
    'answered 302',
  ],
  ['too many samples', text('a 1\nb 1\n'), 'more than 1 samples', { max_samples: 1 }],
  ['too many labels', text('a{b="c",d="e"} 1\n'), 'more than 1 labels', {}, { max_labels: 1 }],
  ['too long', text('a 1\n'.repeat(1000)), 'longer than 1000 bytes', { max_size: 1000 }],
  [
    'a bomb',
    (_request, response) =>
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync('a 1\n'.repeat(100_000))),
    'longer than',
    { max_size: 1000 },
  ],
  [
    'an unknown encoding',
    (_request, response) => response.writeHead(200, { 'content-encoding': 'x' }).end('a 1'),
    'encoding x',
  ],
  ['no answer in time', () => {}, 'no answer in time', { timeout: '50ms' }],
  [
    'half an answer',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '99' })
      response.write('a 1\n')
      response.socket!.end()
    },
    'aborted',
  ],
])('%s is up 0, and why is told', async (_what, listener, why, job, limits) => {
  answer = listener
  const { values, status } = await scrape(job, limits)
  expect(values).toEqual(down)
  expect(status).toMatchObject({ up: false, error: expect.stringContaining(why) })
})
