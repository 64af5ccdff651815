import { afterEach, expect, test } from 'vitest'
import { below } from '../../../core/http/late_routes.ts'
import { createTestApp } from './app.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

async function started(extend: Parameters<typeof createTestApp>[2]) {
  const { http, received } = createTestApp({}, {}, extend)
  await http.start()
  cleanups.push(() => http.stop(AbortSignal.timeout(100)))
  return { url: http.urls()[0]!, received }
}

test('routes are added at the first request below their path, once', async () => {
  let added = 0
  const { url } = await started({
    urlOf: below('/es'),
    extend: async (app) => {
      added += 1
      app.get('/es', async () => 'root')
      app.post('/es/:name', async ({ body }) => (body as Buffer).toString())
    },
  })
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await fetch(`${url}/essay`)).status).toBe(404)
  expect(added).toBe(0)
  const [root, again, posted] = await Promise.all([
    fetch(`${url}/es`),
    fetch(`${url}/es?pretty`),
    fetch(`${url}/es/a`, { method: 'POST', body: 'x'.repeat(200_000) }),
  ])
  expect([await root.text(), await again.text()]).toEqual(['root', 'root'])
  expect((await posted.text()).length).toBe(200_000)
  expect(added).toBe(1)
})

test('what cannot be loaded is a 503, and loaded by the next request', async () => {
  let attempts = 0
  const { url } = await started({
    urlOf: below('/es'),
    extend: async (app) => {
      if (++attempts === 1) throw new Error('EMFILE')
      app.get('/es', async () => 'root')
    },
  })
  const refused = await fetch(`${url}/es`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect((await fetch(`${url}/es`)).status).toBe(200)
})
