import { describe, expect, test } from 'vitest'
import { normalise } from '../../../errors/event/normalise.ts'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import { projectScrubbing, scrubbingConfig } from '../../../errors/scrub/config.ts'
import type { ProjectScrubbing } from '../../../errors/scrub/config.ts'
import { compileScrubbing, scrubbingOf } from '../../../errors/scrub/rules.ts'
import { scrub } from '../../../errors/scrub/scrub.ts'
import type { JsonRecord, JsonValue } from '../../../store/search.ts'
import { arrival } from '../event/arrival.ts'

const standard = scrubbingConfig.parse({})

function scrubbed(raw: JsonRecord, rules: ProjectScrubbing = {}): SentryEvent {
  const event = normalise(JSON.parse(JSON.stringify(raw)) as JsonRecord, arrival())
  scrub(event, compileScrubbing(scrubbingOf(standard, projectScrubbing.parse(rules))))
  return event
}

/** What becomes of extra values. */
const extra = (values: JsonRecord, rules: ProjectScrubbing = {}): JsonRecord =>
  scrubbed({ extra: values }, rules).extra!
const text = (value: string, rules: ProjectScrubbing = {}): JsonValue =>
  extra({ a: value }, rules)['a']!

const keysOnly: ProjectScrubbing = { match: 'keys' }

describe('by name', () => {
  test.each([
    'password',
    'the_secret',
    'PASSWD',
    'api_key',
    'X-Api-Key',
    'apiKey',
    'X-Auth',
    'credentials',
    'mysql_pwd',
    'privateKey',
    'private_key',
    'csrfToken',
    'otp',
    'two-factor',
    'two_factor',
  ])('%s', (name) => {
    expect(extra({ [name]: 'x' })).toEqual({ [name]: '[Filtered]' })
    expect(extra({ [name]: 'x' }, keysOnly)).toEqual({ [name]: '[Filtered]' })
  })

  test('what is no text is null; booleans and what says as little stay', () => {
    const values = {
      password: 7,
      token: ['a'],
      secret: { a: 'b' },
      auth: true,
      otp: null,
      api_key: 'false',
      passwd: '',
    }
    expect(extra(values)).toEqual({
      password: null,
      token: null,
      secret: null,
      auth: true,
      otp: null,
      api_key: 'false',
      passwd: '',
    })
  })

  test('anywhere below', () => {
    expect(extra({ a: [{ b: { password: 'x', c: 'd' } }] })).toEqual({
      a: [{ b: { password: '[Filtered]', c: 'd' } }],
    })
  })

  test('in every part of an event', () => {
    const secret = { password: 'hunter2' }
    const event = scrubbed({
      server_name: 'password=hunter2',
      exception: [
        {
          type: 'E',
          value: 'v',
          mechanism: { type: 'm', data: secret },
          stacktrace: { frames: [{ function: 'f', vars: secret }] },
        },
      ],
      threads: [{ id: 1, stacktrace: { frames: [{ function: 'f', vars: secret }] } }],
      breadcrumbs: [{ message: 'hunter2 is the password', data: secret }],
      request: {
        url: 'https://x/?password=hunter2',
        headers: { 'X-Password': 'hunter2', Cookie: 'password=hunter2; sessionid=hunter2' },
        env: secret,
        data: 'password=hunter2&a=b',
      },
      user: { id: '1', data: secret, ...secret },
      contexts: { mine: secret, password: { a: 'hunter2' } },
      tags: secret,
      extra: secret,
      logentry: { message: '%(password)s', formatted: 'of no interest', params: secret },
      csp: secret,
      template: secret,
    })
    expect(JSON.stringify(event)).not.toContain('hunter2')
    expect(event.request!.query_string).toEqual([['password', '[Filtered]']])
    expect(event.request!.data).toEqual({ password: '[Filtered]', a: 'b' })
    expect(event.tags).toContainEqual(['password', '[Filtered]'])
    expect(event.contexts).toEqual({ mine: { type: 'mine', password: '[Filtered]' } })
  })

  test('sessions are as good as passwords', () => {
    const { request } = scrubbed({
      request: {
        cookies: { PHPSESSID: 'a', csrftoken: 'b', theme: 'dark', 'connect.sid': 'c' },
        headers: { 'Set-Cookie': 'a=b', Accept: 'c' },
      },
    })
    expect(request!.cookies).toEqual([
      ['PHPSESSID', '[Filtered]'],
      ['csrftoken', '[Filtered]'],
      ['theme', 'dark'],
      ['connect.sid', '[Filtered]'],
    ])
    expect(request!.headers).toEqual([
      ['Set-Cookie', '[Filtered]'],
      ['Accept', 'c'],
    ])
  })
})

test('cookies as one text', () => {
  const { contexts } = scrubbed({
    contexts: { response: { headers: { 'set-cookie': 'a=b' }, cookies_count: 7 } },
  })
  expect(contexts!['response']).toMatchObject({
    headers: { 'set-cookie': '[Filtered]' },
    cookies_count: 7,
  })
})

describe('by what is in a text', () => {
  test('a word makes the whole secret', () => {
    expect(text('my password is hunter2')).toBe('[Filtered]')
    expect(extra({ is_authenticated: 'x', b: 'Unauthorized' })).toEqual({
      is_authenticated: '[Filtered]',
      b: '[Filtered]',
    })
  })

  test.each([
    ['4111 1111 1111 1111', '[Filtered]'],
    ['paid with 4111-1111-1111-1111.', 'paid with [Filtered].'],
    ['amex 378282246310005', 'amex [Filtered]'],
    ['mastercard 5555555555554444', 'mastercard [Filtered]'],
    ['discover 6011111111111117', 'discover [Filtered]'],
    ['order 1234567890123456', 'order 1234567890123456'],
    ['SSN 078-05-1120', 'SSN [Filtered]'],
    ['phone 555-12-34567', 'phone 555-12-34567'],
    ['postgres://matt:hunter2@db:5432/x', 'postgres://matt:[Filtered]@db:5432/x'],
    ['redis://:hunter2!$@cache', 'redis://:[Filtered]@cache'],
    ['mail a@example.com or see //example.com', 'mail a@example.com or see //example.com'],
    ['/home/matt/app.py', '/home/[Filtered]/app.py'],
    ['C:\\Users\\Matt Damon\\app.exe', 'C:\\Users\\[Filtered]\\app.exe'],
    ['c:/documents and settings/matt/x', 'c:/documents and settings/[Filtered]/x'],
    ['at home', 'at home'],
  ])('%s', (before, after) => {
    expect(text(before)).toBe(after)
    expect(text(before, keysOnly)).toBe(after)
  })

  test('keys', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAbc+/=\n-----END RSA PRIVATE KEY-----'
    const after = 'a -----BEGIN RSA PRIVATE KEY-----\n[Filtered]-----END RSA PRIVATE KEY----- b'
    expect(text(`a ${key} b`)).toBe(after)
    expect(text(`a ${key.slice(0, 40)}`)).toBe('a -----BEGIN RSA PRIVATE KEY-----\n[Filtered]')
    expect(text('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----')).toContain('\nx\n')
  })

  test('bearer tokens', () => {
    expect(text('header is Bearer abc.def-g, sent')).toBe('header is Bearer [Filtered], sent')
    expect(text('bEaReR abc.def')).toBe('bEaReR [Filtered]')
    expect(text('the bearer')).toBe('the bearer')
  })

  test('numbers that are cards', () => {
    expect(extra({ a: 4111111111111111, b: 1234567890123 })).toEqual({ a: null, b: 1234567890123 })
  })

  test('several in one text, each marked where it is', () => {
    const event = scrubbed({ extra: { a: '078-05-1120 and x://u:p@h' } })
    expect(event.extra).toEqual({ a: '[Filtered] and x://u:[Filtered]@h' })
    expect(event._meta).toEqual({
      extra: {
        a: {
          '': {
            len: 25,
            rem: [
              ['@usssn:filter', 's', 0, 10],
              ['@urlauth:legacy', 's', 21, 31],
            ],
          },
        },
      },
    })
  })
})

describe('keys only', () => {
  test('words in texts stay, what is assigned to them goes', () => {
    expect(text('Unauthorized: no password', keysOnly)).toBe('Unauthorized: no password')
    expect(text('GET /x?token=abc&b=c', keysOnly)).toBe('GET /x?token=[Filtered]&b=c')
    expect(text('{"password": "my \\"dog\\"", "b": 1}', keysOnly)).toBe(
      '{"password":"[Filtered]","b":1}',
    )
    expect(text('… "password": "my dog", "b": …', keysOnly)).toBe(
      '… "password": "[Filtered]", "b": …',
    )
    expect(text("{'api_key': 'a b', 'c': 1}", keysOnly)).toBe("{'api_key': '[Filtered]', 'c': 1}")
  })
})

describe('what people read', () => {
  const of = (raw: JsonRecord, rules?: ProjectScrubbing): SentryEvent => scrubbed(raw, rules)

  test('messages keep their words and lose their secrets', () => {
    const event = of({
      message: 'Invalid password for x://u:hunter2@h',
      exception: [
        { type: 'AuthError', value: 'token expired: password=hunter2; card 4111111111111111' },
      ],
    })
    expect(event.logentry!.formatted).toBe('Invalid password for x://u:[Filtered]@h')
    expect(event.exception!.values[0]!.type).toBe('AuthError')
    expect(event.exception!.values[0]!.value).toBe(
      'token expired: password=[Filtered]; card [Filtered]',
    )
  })

  test('a value that was an object', () => {
    const event = of({ exception: [{ type: 'E', value: { password: 'hunter2', code: 7 } }] })
    expect(event.exception!.values[0]!.value).toBe('{"password":"[Filtered]","code":7}')
  })

  test('paths, names of functions and debug ids are untouched', () => {
    const frame = {
      filename: '/home/matt/auth.py',
      abs_path: '/home/matt/auth.py',
      function: 'get_token',
      module: 'auth',
      context_line: 'token = auth(password)',
    }
    const raw = {
      exception: [{ type: 'E', value: 'x', stacktrace: { frames: [frame] } }],
      debug_meta: { images: [{ code_file: '/home/matt/token.so' }] },
    }
    const event = of(raw)
    expect(event.exception!.values[0]!.stacktrace!.frames[0]).toEqual(frame)
    expect(event.debug_meta!.images).toEqual(raw.debug_meta.images)
    expect(event._meta).toBeUndefined()
  })

  test("a user's id counts users", () => {
    expect(of({ user: { id: 'auth0|5f3c', email: 'token@example.com' } }).user).toEqual({
      id: 'auth0|5f3c',
      email: 'token@example.com',
    })
  })

  test('wrong values are not quoted with their secrets', () => {
    const event = of({
      tags: [['my password', 'hunter2\nx']],
      request: { method: '4111111111111111' },
    })
    expect(JSON.stringify(event)).not.toMatch(/hunter2|4111/)
  })
})

describe('choices', () => {
  test('further fields, in any case, by any part', () => {
    const rules = { sensitive_fields: ['IBAN', 'a.b*'] }
    expect(extra({ my_iban: 'x', 'a.b*c': 'y', a1b2: 'z' }, rules)).toEqual({
      my_iban: '[Filtered]',
      'a.b*c': '[Filtered]',
      a1b2: 'z',
    })
    const event = scrubbed({ extra: { iban: 'x' } }, rules)
    expect(event._meta).toEqual({
      extra: { iban: { '': { len: 1, rem: [['strip-fields', 's', 0, 10]] } } },
    })
  })

  test('excluded fields, by their whole name', () => {
    const rules = { exclude_fields: ['Auth_Method', 'note'] }
    expect(extra({ auth_method: 'password', auth: 'x', note: 'my password' }, rules)).toEqual({
      auth_method: 'password',
      auth: '[Filtered]',
      note: 'my password',
    })
  })

  test('without defaults only what is named', () => {
    const rules = { defaults: false, sensitive_fields: ['foo'] }
    expect(extra({ password: 'x', foo: 'y', card: '4111111111111111' }, rules)).toEqual({
      password: 'x',
      foo: '[Filtered]',
      card: '4111111111111111',
    })
  })

  test('not at all', () => {
    expect(extra({ password: 'x' }, { enabled: false })).toEqual({ password: 'x' })
  })

  test("a project's lists come on top of everybody's", () => {
    const all = { ...standard, sensitive_fields: ['foo'] }
    expect(scrubbingOf(all, { sensitive_fields: ['bar'], match: 'keys' })).toEqual({
      ...all,
      match: 'keys',
      sensitive_fields: ['foo', 'bar'],
    })
  })

  test('addresses', () => {
    const raw = {
      user: { id: '1', ip_address: '192.0.2.1' },
      request: {
        env: { REMOTE_ADDR: '192.0.2.1', X: 'y' },
        headers: { 'X-Forwarded-For': '192.0.2.1, 2001:db8::1', 'User-Agent': 'Chrome/126.0.0.0' },
      },
      message: 'from 192.0.2.1:80 and [fe80::1], at 10:30:00, version 1.2.3.4.5',
    }
    expect(scrubbed(raw).user!.ip_address).toBe('192.0.2.1')
    for (const rules of [{ ip_addresses: true }, { ip_addresses: true, enabled: false }]) {
      const event = scrubbed(raw, rules)
      expect(event.user).toEqual({ id: '1' })
      expect(event.request!.env).toEqual({ X: 'y' })
      expect(event.request!.headers).toEqual([
        ['X-Forwarded-For', '[ip], [ip]'],
        ['User-Agent', 'Chrome/126.0.0.0'],
      ])
      expect(event.logentry!.formatted).toBe(
        'from [ip]:80 and [[ip]], at 10:30:00, version 1.2.3.4.5',
      )
    }
  })
})
