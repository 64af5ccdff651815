import { describe, expect, test } from 'vitest'
import { acceptorOn, envelopeOf, key, nowMs, otherKey, projectOf } from './accepted.ts'

const eventId = '9ec79c33ec9942ab8353589fcb2e04dc'
const bodyOf = ({ body }: { body: string }): unknown => JSON.parse(body)

describe('an event', () => {
  test('is normalised, scrubbed and answered with its id', async () => {
    const weir = acceptorOn()
    const event = '{"message":"hello","extra":{"password":"hunter2"}}'
    const answer = await weir.post(envelopeOf({ event_id: eventId }, [{ type: 'event' }, event]))
    expect([answer.status, bodyOf(answer)]).toEqual([200, { id: eventId }])
    expect(weir.reports).toMatchObject([
      { kind: 'event', event_id: eventId, project: 42, key, received_ms: nowMs },
    ])
    const [report] = weir.ofKind('event')
    expect(report?.event.logentry).toEqual({ formatted: 'hello' })
    expect(JSON.stringify(report)).not.toContain('hunter2')
  })

  test("has the envelope's id, else its own, else a new one", async () => {
    const weir = acceptorOn()
    const own = '{"event_id":"aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}'
    for (const [headers, event] of [
      [{ event_id: '9EC79C33-ec99-42ab-8353-589fcb2e04dc' }, own],
      [{ event_id: 'nonsense' }, own],
      [{}, '{"event_id":7}'],
    ] as const) {
      await weir.post(envelopeOf(headers, [{ type: 'event' }, event]))
    }
    const ids = weir.ofKind('event').map(({ event_id: id }) => id)
    expect(ids[0]).toBe(eventId)
    expect(ids[1]).toBe('a'.repeat(8) + 'aaaa4aaa8aaa' + 'a'.repeat(12))
    expect(ids[2]).toMatch(/^[0-9a-f]{32}$/)
  })

  test('that is none is a 400 and counted; what came with it is taken', async () => {
    const weir = acceptorOn()
    const text = envelopeOf(
      { event_id: eventId },
      [{ type: 'event' }, '[1]'],
      [{ type: 'session' }, '{"sid":"x"}'],
    )
    // Something of it was of use, so that it is no failure to its sender.
    expect((await weir.post(text)).status).toBe(200)
    expect((await weir.post(envelopeOf({}, [{ type: 'event' }, '{"a":']))).status).toBe(400)
    expect(weir.reports.map(({ kind }) => kind)).toEqual(['session', 'discarded', 'discarded'])
    expect(weir.counted.report_invalid).toBe(2)
  })

  test('that is too large is a 413 that names the option', async () => {
    const weir = acceptorOn({ config: { limits: { max_event_size: 100 } } })
    const large = JSON.stringify({ message: 'x'.repeat(200) })
    const answer = await weir.post(envelopeOf({}, [{ type: 'event' }, large]))
    expect(answer.status).toBe(413)
    expect(answer.body).toContain('errors.limits.max_event_size')
    expect(answer.headers['x-sentry-error']).toContain('max_event_size')
    expect(weir.ofKind('discarded')[0]?.outcomes).toMatchObject([{ source: 'too_large' }])
  })

  test('half a surrogate pair is repaired', async () => {
    const weir = acceptorOn()
    await weir.post(envelopeOf({}, [{ type: 'event' }, '{"message":"a\\ud800b"}']))
    expect(weir.ofKind('event')[0]?.event.logentry?.formatted).toBe('a\ufffdb')
    expect(weir.counted.lone_surrogate).toBe(1)
  })
})

describe('other items', () => {
  const one = async (type: string, payload: object, headers: object = { event_id: eventId }) => {
    const weir = acceptorOn()
    const answer = await weir.post(envelopeOf(headers, [{ type }, JSON.stringify(payload)]))
    return { ...weir, answer }
  }

  test('what Weir has no use for is dropped with 200, and its SDK told to send no more', async () => {
    for (const [type, categories] of [
      ['transaction', 'transaction;span'],
      ['profile', 'profile;profile_indexed'],
      ['replay_event', 'replay'],
      ['statsd', 'metric_bucket'],
    ]) {
      const { answer, reports } = await one(type!, {})
      expect([answer.status, bodyOf(answer)]).toEqual([200, { id: eventId }])
      const limits = `3600:${categories}:organization:unsupported`
      expect(answer.headers['x-sentry-rate-limits']).toBe(limits)
      expect(reports).toMatchObject([{ kind: 'discarded' }])
    }
  })

  test('types that nobody knows are dropped with 200', async () => {
    for (const type of ['tomorrow', '__proto__', 'constructor', '']) {
      const { answer, counted } = await one(type, {})
      expect(answer.status).toBe(200)
      expect(answer.headers['x-sentry-rate-limits']).toBeUndefined()
      expect(counted.report_unsupported).toBe(1)
    }
  })

  test('a transaction in the place of an event is one', async () => {
    const { ofKind, answer } = await one('event', { type: 'transaction' })
    expect(ofKind('event')).toEqual([])
    expect(answer.headers['x-sentry-rate-limits']).toContain('transaction')
  })

  test('an empty envelope', async () => {
    const weir = acceptorOn()
    expect(await weir.post('{}')).toMatchObject({ status: 200, body: '{}' })
    expect(weir.reports).toEqual([])
  })

  test.each([{}, { event_id: 'none', comments: '', name: 7 }])(
    'a user report that says nothing is dropped and counted: %j',
    async (report) => {
      const { ofKind, counted } = await one('user_report', report)
      expect(ofKind('feedback')).toEqual([])
      expect(ofKind('discarded')[0]?.outcomes).toMatchObject([
        { source: 'invalid', category: 'feedback' },
      ])
      expect(counted.report_invalid).toBe(1)
    },
  )

  test('feedback, old and new', async () => {
    const old = await one('user_report', {
      event_id: eventId,
      name: 'A',
      email: 'a@b.c',
      comments: 'bad',
    })
    expect(old.reports).toMatchObject([
      {
        kind: 'feedback',
        event_id: eventId,
        feedback: { name: 'A', email: 'a@b.c', message: 'bad', source: 'user_report' },
      },
    ])
    const fresh = await one('feedback', {
      contexts: {
        feedback: {
          message: 'slow',
          contact_email: 'a@b.c',
          url: 'https://x/',
          associated_event_id: eventId,
        },
      },
    })
    expect(fresh.reports).toMatchObject([
      {
        kind: 'feedback',
        event_id: eventId,
        feedback: { email: 'a@b.c', message: 'slow', url: 'https://x/', source: 'feedback' },
      },
    ])
  })

  test('what an SDK itself discarded', async () => {
    const { reports } = await one('client_report', {
      discarded_events: [
        { reason: 'sample_rate', category: 'error', quantity: 3 },
        { reason: 'queue', category: 'session', quantity: -1 },
        7,
      ],
    })
    expect(reports).toMatchObject([
      {
        kind: 'discarded',
        outcomes: [{ source: 'sdk', reason: 'sample_rate', category: 'error', quantity: 3 }],
      },
    ])
  })

  test('sessions without addresses, and check-ins', async () => {
    const session = await one('session', {
      sid: 'a',
      attrs: { release: '1', ip_address: '192.0.2.1' },
    })
    expect(session.reports).toMatchObject([
      { kind: 'session', body: { sid: 'a', attrs: { release: '1' } } },
    ])
    expect(JSON.stringify(session.reports)).not.toContain('192.0.2.1')
    const checkIn = await one('check_in', { monitor_slug: 'nightly', status: 'ok' })
    expect(checkIn.reports).toMatchObject([{ kind: 'check_in', body: { monitor_slug: 'nightly' } }])
  })

  test('a check-in counts where its monitor_config does not, which is told', async () => {
    const checkIn = { monitor_slug: 'nightly', status: 'ok' }
    for (const [config, why] of [
      [{ schedule: { type: 'crontab', value: 'whenever' } }, 'monitor_config: schedule: expected'],
      [{ timezone: 'Mars/Phobos' }, 'monitor_config: timezone: expected'],
      ['daily', 'monitor_config: expected an object'],
    ] as const) {
      const { answer, ofKind, counted } = await one('check_in', {
        ...checkIn,
        monitor_config: config,
      })
      expect([answer.status, bodyOf(answer)]).toEqual([200, { id: eventId }])
      expect(ofKind('check_in')).toMatchObject([{ body: checkIn }])
      expect(ofKind('discarded')).toMatchObject([
        { outcomes: [{ source: 'invalid', category: 'monitor_config', quantity: 1 }] },
      ])
      expect(ofKind('discarded')[0]!.outcomes[0]!.reason).toContain(why)
      expect([counted.monitor_config_invalid, counted.report_invalid]).toEqual([1, undefined])
    }
    const schedule = { type: 'crontab', value: '0 4 * * *' }
    for (const config of [{ schedule, timezone: 'Europe/Vienna' }, {}, null, undefined]) {
      const { reports } = await one('check_in', { ...checkIn, monitor_config: config })
      expect(reports.map(({ kind }) => kind)).toEqual(['check_in'])
    }
  })

  test('a check-in without a monitor or a status is none', async () => {
    for (const given of [{ status: 'ok' }, { monitor_slug: 'nightly', status: 'fine' }]) {
      const { answer, ofKind, counted } = await one('check_in', given)
      expect(answer.status).toBe(400)
      expect(ofKind('check_in')).toEqual([])
      expect(ofKind('discarded')).toMatchObject([
        { outcomes: [{ source: 'invalid', category: 'monitor' }] },
      ])
      expect(counted.report_invalid).toBe(1)
    }
  })

  test('of sessions and check-ins what is made use of is kept, and nothing else', async () => {
    const trace = { trace_id: 'c'.repeat(32) }
    const checkIn = {
      monitor_slug: 'nightly',
      status: 'ok',
      duration: 1.5,
      contexts: { trace },
      monitor_config: { schedule: { type: 'interval', value: 1, unit: 'day' }, max_runtime: 5 },
    }
    const more = { token: 'canary', contexts: { trace: { ...trace, data: 'canary' } } }
    const given = {
      ...checkIn,
      ...more,
      monitor_config: { ...checkIn.monitor_config, password: 'canary' },
    }
    expect((await one('check_in', given)).reports).toMatchObject([{ body: checkIn }])
    expect(JSON.stringify((await one('check_in', given)).reports)).not.toContain('canary')
    const aggregates = [{ started: '2026-11-21T20:00:00Z', exited: 3, did: 'u1' }]
    const session = { attrs: { release: '1', environment: 'prod' }, aggregates }
    const { reports } = await one('sessions', {
      ...session,
      aggregates: [{ ...aggregates[0], secret: 'canary' }],
      extra: 'canary',
    })
    expect(reports).toMatchObject([{ body: session }])
    expect(JSON.stringify(reports)).not.toContain('canary')
    const named = await one('session', { sid: 'a', did: 'password=canary', attrs: {} })
    expect(JSON.stringify(named.reports)).not.toContain('canary')
  })

  test('log items are events of the logs', async () => {
    const { logs, reports } = await one('log', {
      items: [
        {
          timestamp: nowMs / 1000,
          trace_id: 'c'.repeat(32),
          level: 'warn',
          body: 'slow query',
          attributes: {
            'sentry.environment': { value: 'Production', type: 'string' },
            'sentry.release': { value: '1.2', type: 'string' },
            'db.rows': { value: 7, type: 'integer' },
            password: { value: 'hunter2', type: 'string' },
            __proto__: { value: 'x' },
          },
        },
        'nonsense',
      ],
    })
    const [why, source] = ['a log item is no JSON object', 'invalid']
    expect(reports).toMatchObject([
      {
        kind: 'discarded',
        outcomes: [
          { source, reason: why, category: 'log_item', quantity: 1 },
          { source, reason: why, category: 'log_byte', quantity: 1 },
        ],
      },
      { kind: 'logs', project: 42, key, received_ms: nowMs, items: 1, bytes: 85 },
    ])
    expect(logs).toEqual([
      {
        stream: 'logs-shop-production',
        event: {
          '@timestamp': new Date(nowMs).toISOString(),
          message: 'slow query',
          log: { level: 'warn' },
          service: { name: 'shop', environment: 'Production', version: '1.2' },
          trace: { id: 'c'.repeat(32) },
          labels: { db_rows: '7', password: '[Filtered]' },
        },
      },
    ])
  })

  test('logs beyond the most of a container are counted', async () => {
    const items = Array.from({ length: 5 }, (_, n) => ({ body: `line ${n}` }))
    const few = acceptorOn({ config: { limits: { max_logs: 3 } } })
    await few.post(envelopeOf({}, [{ type: 'log' }, JSON.stringify({ items })]))
    expect(few.logs.map(({ event }) => event['message'])).toEqual(['line 0', 'line 1', 'line 2'])
    expect(few.ofKind('discarded')).toMatchObject([
      {
        outcomes: [
          { reason: 'max_logs', category: 'log_item', quantity: 2 },
          { reason: 'max_logs', category: 'log_byte', quantity: 12 },
        ],
      },
    ])
    expect(few.ofKind('logs')).toMatchObject([{ items: 3, bytes: 18 }])
    expect(few.counted.report_too_large).toBe(2)
  })

  test('logs that nobody takes are counted with their bytes, as many as their header says', async () => {
    const logs = JSON.stringify({ items: [{ body: 'one' }, { body: 'two' }] })
    const header = { type: 'log', item_count: 2 }
    const outcomesOf = async (config: object, payload: string, item: object = header) => {
      const weir = acceptorOn({ config })
      await weir.post(envelopeOf({}, [item, payload]))
      expect(weir.ofKind('logs')).toEqual([])
      return weir
        .ofKind('discarded')[0]!
        .outcomes.map(({ source, category, quantity }) => [source, category, quantity])
    }
    expect(await outcomesOf({ quota: { logs: { hour: 1 } } }, logs)).toEqual([
      ['quota', 'log_item', 2],
      ['quota', 'log_byte', 6],
    ])
    expect(await outcomesOf({ limits: { max_logs_size: 10 } }, logs)).toEqual([
      ['too_large', 'log_item', 2],
      ['too_large', 'log_byte', logs.length],
    ])
    expect(await outcomesOf({}, '{"items":7}')).toEqual([
      ['invalid', 'log_item', 2],
      ['invalid', 'log_byte', 11],
    ])
    for (const count of [undefined, -1, 1.5, 'many', 1e300])
      expect(await outcomesOf({}, '[]', { ...header, item_count: count })).toEqual([
        ['invalid', 'log_item', 1],
        ['invalid', 'log_byte', 2],
      ])
  })
})

describe('attachments', () => {
  const attachment = (name: string, payload: string): [object, string] => [
    { type: 'attachment', filename: name, content_type: 'text/plain', length: payload.length },
    payload,
  ]

  test('go with their event, or alone with its id', async () => {
    const weir = acceptorOn()
    await weir.post(
      envelopeOf({ event_id: eventId }, [{ type: 'event' }, '{}'], attachment('a.txt', 'hello')),
    )
    await weir.post(envelopeOf({ event_id: eventId }, attachment('b.txt', 'x')))
    expect(weir.ofKind('event')[0]?.attachments).toMatchObject([
      { name: 'a.txt', type: 'event.attachment', content_type: 'text/plain', size: 5 },
    ])
    expect(weir.ofKind('attachments')).toMatchObject([
      { event_id: eventId, attachments: [{ name: 'b.txt' }] },
    ])
    expect(weir.blobs.size).toBe(2)
  })

  test('beyond a limit are left out, counted', async () => {
    const weir = acceptorOn({ config: { limits: { max_attachment_size: 3, max_attachments: 1 } } })
    const items = [attachment('a', 'xyz'), attachment('b', 'xyz'), attachment('c', 'long')]
    const answer = await weir.post(
      envelopeOf({ event_id: eventId }, [{ type: 'event' }, '{}'], ...items),
    )
    expect(answer.status).toBe(413)
    expect(weir.ofKind('event')[0]?.attachments).toHaveLength(1)
    expect(weir.ofKind('discarded')[0]?.outcomes).toHaveLength(2)
  })

  test('are scrubbed, kept or left out, as the project says', async () => {
    const picture = 'PNG\u0000'
    const kept = async (attachments?: string) => {
      const settings = attachments === undefined ? {} : { scrub: { attachments } }
      const weir = acceptorOn({ projects: [projectOf({ settings })] })
      const items = [attachment('token=abc.log', 'password=hunter2'), attachment('shot', picture)]
      const text = envelopeOf({ event_id: eventId }, [{ type: 'event' }, '{}'], ...items)
      expect((await weir.post(text)).status).toBe(200)
      const [event] = weir.ofKind('event')
      const outcomes = weir.ofKind('discarded').flatMap((report) => report.outcomes)
      return {
        names: (event?.attachments ?? []).map(({ name }) => name),
        texts: [...weir.blobs.values()]
          .map((bytes) => Buffer.from(bytes).toString())
          .toSorted((a, b) => b.length - a.length),
        leftOut: outcomes.filter(({ reason }) => reason === 'errors.scrub.attachments').length,
      }
    }
    const names = ['token=[Filtered]', 'shot']
    const standard = { names, texts: ['password=[Filtered]', picture], leftOut: 0 }
    expect(await kept()).toEqual(standard)
    expect(await kept('texts')).toEqual({
      names: names.slice(0, 1),
      texts: ['password=[Filtered]'],
      leftOut: 1,
    })
    expect(await kept('keep')).toEqual({ names, texts: ['password=hunter2', picture], leftOut: 0 })
    expect(await kept('drop')).toEqual({ names: [], texts: [], leftOut: 2 })
  })

  test('a dump alone is a crash', async () => {
    const weir = acceptorOn()
    const dump: [object, string] = [
      { type: 'attachment', attachment_type: 'event.minidump' },
      'MDMP',
    ]
    await weir.post(envelopeOf({ event_id: eventId }, dump))
    // The item's attachment_type is a header of its own.
    expect(weir.ofKind('event')).toMatchObject([
      { event_id: eventId, event: { platform: 'native', level: 'fatal' } },
    ])
  })
})

describe('who may', () => {
  const event = (headers: object = {}) => envelopeOf(headers, [{ type: 'event' }, '{}'])
  const post = async (changes: object, projects = [projectOf()], headers: object = {}) => {
    const weir = acceptorOn({ projects })
    const { status } = await weir.post(event(headers), changes)
    expect(weir.reports.length).toBe(status === 200 ? 1 : 0)
    return status
  }

  test('nobody without a key, with an unknown one, or with that of another project', async () => {
    expect(await post({ query: '' })).toBe(401)
    expect(await post({ query: `sentry_key=${otherKey}` })).toBe(403)
    expect(await post({ project: 43 })).toBe(403)
    const weir = acceptorOn()
    await weir.post(event(), { query: '' })
    expect(weir.counted).toEqual({ report_unauthorised: 1 })
  })

  test('nobody with a key that is disabled', async () => {
    const disabled = { public: key, secret: '', label: '', disabled: true }
    expect(await post({}, [projectOf({ keys: [disabled] })])).toBe(403)
  })

  test('a page only from where its key allows; servers have no origin', async () => {
    const limited = {
      public: key,
      secret: '',
      label: '',
      disabled: false,
      origins: ['https://a.example'],
    }
    const projects = [projectOf({ keys: [limited] })]
    expect(await post({ headers: { origin: 'https://a.example' } }, projects)).toBe(200)
    expect(await post({ headers: { referer: 'https://a.example/x' } }, projects)).toBe(200)
    expect(await post({ headers: { origin: 'https://b.example' } }, projects)).toBe(403)
    expect(await post({}, projects)).toBe(200)
  })

  test('a tunnel names the project by its dsn', async () => {
    const dsn = `https://${key}@weir.example/42`
    const tunnel = { endpoint: 'tunnel', project: undefined, query: '' }
    expect(await post(tunnel, undefined, { dsn })).toBe(200)
    expect(await post(tunnel, undefined, {})).toBe(401)
    expect(await post(tunnel, undefined, { dsn: dsn.replace('/42', '/43') })).toBe(403)
    expect(await post({}, undefined, { dsn: dsn.replace('/42', '/43') })).toBe(400)
  })
})

test('what cannot be made durable is a 503, and so is a journal that takes nothing', async () => {
  const text = envelopeOf({}, [{ type: 'event' }, '{}'])
  for (const options of [{ fails: true }, { isStuck: true }]) {
    const answer = await acceptorOn(options).post(text)
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
  }
})

test('more than fits into memory at once is a 503, and frees what it held', async () => {
  const weir = acceptorOn({ config: { limits: { max_memory: 100 } } })
  const text = envelopeOf({}, [{ type: 'event' }, JSON.stringify({ message: 'x'.repeat(80) })])
  const all = await Promise.all([weir.post(text), weir.post(text)])
  expect(all.map(({ status }) => status)).toEqual([200, 503])
  expect((await weir.post(text)).status).toBe(200)
})
