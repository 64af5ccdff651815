/** What is secret in any kind of report, whole or broken, is in no file, answer, log line or metric afterwards. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newFolder, weir as runWeir } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

const canary = 'canary-5e0c1f77'
const key = 'b'.repeat(32)
const eventId = '1'.repeat(32)

let folder: string
let weir: RunningWeir
beforeAll(async () => {
  folder = newFolder()
  weir = await RunningWeir.start(folder, {
    http: {
      listen: '127.0.0.1:0',
      tokens: [{ name: 'ops', secret: `${canary}-token`, scopes: ['admin'] }],
    },
    errors: {
      projects: { shop: { id: 42, keys: [key] } },
      channels: [
        {
          type: 'webhook',
          url: `http://127.0.0.1:1/${canary}`,
          secret: canary,
          allow_private: true,
        },
      ],
      alerts: [{ when: 'new_issue', to: ['webhook'] }],
    },
  })
})
afterAll(async () => {
  await weir?.kill()
  rmSync(folder, { recursive: true })
})

const answers: string[] = []
async function send(path: string, body: string | FormData, headers: Record<string, string> = {}) {
  const answer = await fetch(`${weir.url}${path}`, { method: 'POST', body, headers })
  answers.push(`${[...answer.headers].join('\n')}\n${await answer.text()}`)
  return answer.status
}

const event = {
  event_id: eventId,
  platform: 'python',
  message: `login failed password=${canary}`,
  exception: {
    values: [
      {
        type: 'Error',
        value: `no database postgres://shop:${canary}@db/shop`,
        stacktrace: {
          frames: [
            { filename: 'a.py', function: 'f', vars: { api_key: canary, a: { token: canary } } },
          ],
        },
      },
    ],
  },
  request: {
    url: `https://shop.test/?token=${canary}`,
    query_string: `token=${canary}&a=1`,
    headers: {
      Authorization: `Bearer ${canary}`,
      Cookie: `sessionid=${canary}`,
      'X-Api-Key': canary,
    },
    data: JSON.stringify({ user: { password: canary } }),
  },
  breadcrumbs: [{ message: `secret ${canary}`, data: { access_token: canary } }],
  extra: { nested: [{ credentials: canary }], text: `Bearer ${canary}` },
  contexts: { app: { auth: canary } },
  tags: { secret_tag: canary },
  user: { id: '7', data: { password: canary } },
}
const item = (type: string, payload: object | string, more: object = {}) =>
  `${JSON.stringify({ type, ...more })}\n${typeof payload === 'string' ? payload : JSON.stringify(payload)}\n`

test('canaries are found nowhere', async () => {
  const query = `?sentry_key=${key}`
  const whole = [
    item('event', event),
    item('attachment', `2026 in token=${canary} out`, { filename: `password=${canary}.log` }),
    item('attachment', { config: { db_password: canary } }, { filename: 'config.json' }),
    item('session', {
      sid: 'a',
      did: `password=${canary}`,
      attrs: { release: '1' },
      token: canary,
    }),
    item('check_in', { monitor_slug: 'nightly', status: 'ok', env: { token: canary } }),
    item('user_report', { event_id: eventId, name: 'a', comments: `my password=${canary}` }),
    item('log', {
      items: [
        {
          timestamp: 1,
          level: 'info',
          body: `token=${canary}`,
          attributes: { auth: { value: canary } },
        },
      ],
    }),
    item('transaction', { password: canary }),
  ].join('')
  expect(await send(`/api/42/envelope/${query}`, `{"event_id":"${eventId}"}\n${whole}`)).toBe(200)
  const form = new FormData()
  form.set('sentry', JSON.stringify({ extra: { password: canary } }))
  form.set('sentry[extra][api_key]', canary)
  form.set('upload_file_minidump', new Blob(['MDMP no secret in it']), 'a.dmp')
  expect(await send(`/api/42/minidump/${query}`, form)).toBe(200)
  const csp = {
    'csp-report': {
      'document-uri': `https://a.test/?token=${canary}`,
      'violated-directive': 'img-src',
    },
  }
  await send(`/api/42/security/${query}`, JSON.stringify(csp), {
    'content-type': 'application/csp-report',
  })
  // Broken ones, and people who may not.
  const broken = `{"password":"${canary}",`
  for (const body of [broken, `{"event_id":"x"}\n{"type":"event"}\n${broken}`, `${broken}\n`]) {
    await send(`/api/42/store/${query}`, body)
    await send(`/api/42/envelope/${query}`, body)
  }
  await send(`/api/42/store/${query}`, broken, { 'content-encoding': 'gzip' })
  await send('/api/42/store/', '{}', {
    'x-sentry-auth': `Sentry sentry_key=${key}, sentry_secret=${canary}, sentry_version=9`,
  })
  await send('/api/0/organizations/weir/issues/', broken, { authorization: `Bearer ${canary}` })

  const api = async (path: string) => await (await fetch(`${weir.url}${path}`)).text()
  await waitFor('everything to be digested', async () => {
    const { errors } = JSON.parse(await api('/api/status')) as {
      errors: { digest: { waiting_reports: number; digested: number } }
    }
    return errors.digest.waiting_reports === 0 && errors.digest.digested >= 3
  })
  for (const path of [
    '/metrics',
    '/api/status',
    `/api/0/projects/weir/shop/events/${eventId}/json/`,
    `/api/0/projects/weir/shop/events/${eventId}/`,
    '/api/0/organizations/weir/issues/?query=',
    '/es/errors-shop-*,logs-*/_search?size=100',
  ]) {
    answers.push(await api(path))
  }
  for (const words of [
    ['errors', 'ls'],
    ['journal', 'cat'],
    ['alerts', 'ls'],
  ]) {
    const { stdout, stderr } = await runWeir([...words, '-d', weir.data])
    answers.push(stdout + stderr)
  }
  await waitFor('the alert to fail', () => weir.log('an alert').length > 0)
  weir.process.child.kill('SIGTERM')
  await weir.process.ended

  expect(answers.filter((text) => text.includes(canary))).toEqual([])
  expect(weir.process.stderr()).not.toContain(canary)
  const files = readdirSync(weir.data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  expect(files.length).toBeGreaterThan(5)
  expect(files.filter((path) => readFileSync(path).includes(canary))).toEqual([])
  const database = new DatabaseSync(join(weir.data, 'errors', 'errors.sqlite'))
  const bodies = database.prepare('select body from event_bodies').all()
  database.close()
  expect(bodies.length).toBeGreaterThanOrEqual(3)
  for (const { body } of bodies) {
    expect(zstdDecompressSync(body as Uint8Array).toString()).not.toContain(canary)
  }
})
