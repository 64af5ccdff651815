import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { group } from '../../../errors/grouping/group.ts'
import type { Frame, SentryEvent, SentryThread } from '../../../errors/event/sentry_event.ts'
import { groupingRules } from '../../../errors/grouping/rules.ts'
import { eventOf, grouped, hashesOf, isSameIssue, logged, standard, thrown } from './events.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const app = (name: string): Frame => ({ module: 'app', function: name, in_app: true })
const library = (name: string): Frame => ({ module: 'lib', function: name, in_app: false })
const variant = (event: SentryEvent, name: string) =>
  grouped(event).variants.find((one) => one.name === name)

describe('hashes', () => {
  it('are MD5 of what contributes: type and frames of the application, then of all frames', () => {
    const event = thrown({ type: 'E', value: 'v' }, [app('a'), library('b')])
    expect(hashesOf(event)).toEqual([md5('Eappa'), md5('Eappalibb')])
    expect(grouped(event).version).toBe('weir:2026-11-21')
  })

  it('are one where both are the same', () => {
    const event = thrown({ type: 'E' }, [app('a')])
    expect(hashesOf(event)).toEqual([md5('Eappa')])
    expect(variant(event, 'system')!.hint).toBe('ignored because hash matches app variant')
  })

  it('are that of all frames where none is of the application', () => {
    const event = thrown({ type: 'E', value: 'v' }, [library('b')])
    expect(hashesOf(event)).toEqual([md5('Elibb')])
  })

  it('are of type and message where there are no frames', () => {
    expect(hashesOf(thrown({ type: 'E', value: 'user 4' }, []))).toEqual([md5('Euser <int>')])
  })

  it('are those of nothing where there is nothing', () => {
    expect(hashesOf(eventOf())).toEqual(['d41d8cd98f00b204e9800998ecf8427e'])
    expect(grouped(eventOf()).title).toBe('<unlabeled event>')
  })

  it('do not depend on lines, messages, variables, or frames of libraries', () => {
    const one = thrown({ type: 'E', value: 'v' }, [{ ...app('a'), lineno: 1 }, library('b')])
    const other = thrown({ type: 'E', value: 'w' }, [
      library('x'),
      { ...app('a'), lineno: 2, vars: { x: 1 } },
      library('c'),
    ])
    expect(isSameIssue(one, other)).toBe(true)
    expect(hashesOf(one)[1]).not.toBe(hashesOf(other)[1])
  })

  it('hold a surrogate that lost its other half', () => {
    expect(hashesOf(thrown({ type: 'E', value: '\ud800' }, []))[0]).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('exceptions', () => {
  it('made up to carry a stack have no type', () => {
    const event = thrown({ type: 'SIGSEGV', mechanism: { type: 'signal', synthetic: true } }, [
      app('a'),
    ])
    expect(hashesOf(event)).toEqual([md5('appa')])
  })

  it('of Apple go by domain and code', () => {
    const meta = { ns_error: { domain: 'NSCocoaErrorDomain', code: 260 } }
    const event = thrown({ type: 'NSError', value: 'text', mechanism: { type: 'x', meta } }, [])
    expect(hashesOf(event)).toEqual([md5('NSErrorNSCocoaErrorDomain260')])
  })

  it('count with all that caused them', () => {
    const cause = (type: string) =>
      eventOf({
        exception: {
          values: [
            { type, value: 'x' },
            { type: 'Outer', value: 'y' },
          ],
        },
      })
    expect(hashesOf(cause('Inner'))).toEqual([md5('InnerxOutery')])
    expect(isSameIssue(cause('Inner'), cause('Other'))).toBe(false)
    expect(grouped(cause('Inner')).title).toBe('Outer: y')
  })

  it('that call themselves at one place count once', () => {
    const at = (lineno: number): Frame => ({ ...app('f'), lineno })
    const once = thrown({ type: 'E' }, [app('main'), at(3)])
    const often = thrown({ type: 'E' }, [app('main'), at(3), at(3), at(3)])
    const elsewhere = thrown({ type: 'E' }, [app('main'), at(3), at(4)])
    expect(isSameIssue(once, often)).toBe(true)
    expect(isSameIssue(once, elsewhere)).toBe(false)
  })

  it('of a snapshot are read from the other end', () => {
    const event = thrown({ type: 'E' }, [app('a'), app('b')])
    event.exception!.values[0]!.stacktrace!.snapshot = true
    expect(hashesOf(event)).toEqual([md5('Eappbappa')])
  })
})

describe('without exceptions', () => {
  const stacktrace = { frames: [app('a')] }

  it('the crashed thread decides, or the current, or the only one', () => {
    const threads = (...values: SentryThread[]) => eventOf({ threads: { values } })
    const other = { id: 2, stacktrace: { frames: [app('b')] } }
    const both = md5('')
    expect(hashesOf(threads({ id: 1, crashed: true, stacktrace }, other))).toEqual([md5('appa')])
    expect(hashesOf(threads({ id: 1, current: true, stacktrace }, other))).toEqual([md5('appa')])
    expect(hashesOf(threads({ id: 1, stacktrace }))).toEqual([md5('appa')])
    expect(hashesOf(threads({ id: 1, stacktrace }, other))).toEqual([both])
    const crashed = { crashed: true, stacktrace }
    expect(hashesOf(threads(crashed, { ...other, crashed: true }))).toEqual([both])
  })

  it('a stack trace of its own does', () => {
    expect(hashesOf(eventOf({ stacktrace, logentry: { formatted: 'x' } }))).toEqual([md5('appa')])
  })

  it('an exception outweighs threads, threads a message', () => {
    const exception = { values: [{ type: 'E', value: 'v' }] }
    const threads = { values: [{ id: 1, crashed: true, stacktrace }] }
    const logentry = { formatted: 'x' }
    expect(hashesOf(eventOf({ exception, threads, logentry }))).toEqual([md5('Ev')])
    expect(hashesOf(eventOf({ threads, logentry }))).toEqual([md5('appa')])
  })

  it('a template goes by file and line', () => {
    const template = { filename: 'cart.html', context_line: '  {% broken %} ', lineno: 3 }
    expect(hashesOf(eventOf({ template }))).toEqual([md5('cart.html{% broken %}')])
    expect(grouped(eventOf({ template })).title).toBe('Template: cart.html')
  })
})

describe('messages', () => {
  it('go by their template, else without what differs', () => {
    const filled = { message: 'user %s failed', params: ['bob'], formatted: 'user bob failed' }
    expect(hashesOf(eventOf({ logentry: filled }))).toEqual([md5('user %s failed')])
    expect(hashesOf(logged('user 42 failed'))).toEqual([md5('user <int> failed')])
    expect(isSameIssue(logged('user 42 failed'), logged('user 43 failed'))).toBe(true)
  })

  it('go by their first two lines', () => {
    expect(isSameIssue(logged('a\nb\nc'), logged('a\n\nb\nd'))).toBe(true)
    expect(isSameIssue(logged('a\nb'), logged('a\nc'))).toBe(false)
  })
})

describe('reports of browsers', () => {
  const csp = (fields: Record<string, string>) => eventOf({ type: 'csp', csp: fields })

  it.each([
    [
      { effective_directive: 'img-src', blocked_uri: 'https://cdn.evil.example/x.png' },
      'img-srccdn.evil.example',
      "Blocked 'image' from 'cdn.evil.example'",
    ],
    [
      { violated_directive: "script-src 'self'", blocked_uri: 'inline' },
      "script-src'unsafe-inline'",
      "Blocked 'script' from 'inline:'",
    ],
    [
      { effective_directive: 'script-src', blocked_uri: 'eval' },
      "script-src'unsafe-eval'",
      "Blocked 'script' from 'eval:'",
    ],
    [
      { effective_directive: 'script-src-elem', blocked_uri: 'inline' },
      "script-src-elem'unsafe-inline'",
      "Blocked 'script' from 'inline:'",
    ],
    [
      { effective_directive: 'style-src', blocked_uri: 'inline' },
      "style-src'self'",
      "Blocked 'style' from 'inline:'",
    ],
    [
      { effective_directive: 'img-src', blocked_uri: 'data' },
      'img-srcdata',
      "Blocked 'image' from 'data:'",
    ],
    [
      { effective_directive: 'img-src', blocked_uri: 'data:image/png;base64,x' },
      'img-srcdata:',
      "Blocked 'image' from 'data:'",
    ],
    [
      {
        effective_directive: 'img-src',
        blocked_uri: 'https://a.example/x',
        document_uri: 'https://a.example/',
      },
      "img-src'self'",
      "Blocked 'image' from 'a.example'",
    ],
    [
      { 'effective-directive': 'font-src', 'blocked-uri': 'https://f.example:443/x' },
      'font-srcf.example',
      "Blocked 'font' from 'f.example'",
    ],
    [
      { effectiveDirective: 'font-src', blockedURL: 'https://f.example/x' },
      'font-srcf.example',
      "Blocked 'font' from 'f.example'",
    ],
  ])('%j', (fields, text, title) => {
    expect(hashesOf(csp(fields as unknown as Record<string, string>))).toEqual([md5(text)])
    expect(grouped(csp(fields as unknown as Record<string, string>)).title).toBe(title)
  })

  it('about certificates go by host', () => {
    const hostname = 'a.example'
    expect(hashesOf(eventOf({ hpkp: { hostname } }))).toEqual([md5('hpkpa.example')])
    expect(hashesOf(eventOf({ expectct: { hostname } }))).toEqual([md5('expect-cta.example')])
    expect(hashesOf(eventOf({ expectstaple: { hostname } }))).toEqual([
      md5('expect-staplea.example'),
    ])
  })
})

describe('checksums', () => {
  it('of 32 hex characters are the hash', () => {
    const checksum = 'ABCDEF0123456789abcdef0123456789'
    expect(hashesOf(logged('x', { checksum }))).toEqual([checksum.toLowerCase()])
  })

  it('of other forms are hashed, and looked up as they are when short', () => {
    expect(hashesOf(logged('x', { checksum: 'mine' }))).toEqual([md5('mine'), 'mine'])
    const long = 'x'.repeat(40)
    expect(hashesOf(logged('x', { checksum: long }))).toEqual([md5(long)])
  })
})

describe('fingerprints of the SDK', () => {
  const event = thrown({ type: 'E', value: 'v' }, [app('a'), library('b')], {
    tags: [['tenant', 'acme']],
    transaction: '/cart',
  })
  const having = (...fingerprint: string[]) => ({ ...event, fingerprint })

  it('that are the default change nothing', () => {
    for (const parts of [['{{ default }}'], ['{{default}}'], []]) {
      expect(hashesOf(having(...parts))).toEqual(hashesOf(event))
    }
  })

  it('alone are all that counts', () => {
    expect(hashesOf(having('a', 'b'))).toEqual([md5('ab')])
    expect(variant(having('a', 'b'), 'custom-fingerprint')).toMatchObject({ values: ['a', 'b'] })
  })

  it('with the default are added to it', () => {
    expect(hashesOf(having('{{ default }}', 'x'))).toEqual([md5('Eappax'), md5('Eappalibbx')])
    expect(hashesOf(having('x', '{{default}}'))).toEqual([md5('xEappa'), md5('xEappalibb')])
    expect(variant(having('{{ default }}', 'x'), 'app')!.type).toBe('salted-component')
  })

  it('may have variables', () => {
    expect(hashesOf(having('{{ tags.tenant }}', '{{ transaction }}'))).toEqual([md5('acme/cart')])
  })

  it('that repeat the message mean its kind', () => {
    const one = logged('user 42 failed', { fingerprint: ['user 42 failed'] })
    const other = logged('user 43 failed', { fingerprint: ['user 43 failed'] })
    expect(isSameIssue(one, other)).toBe(true)
  })

  it('tell events apart that have nothing else', () => {
    const salt = (part: string) => eventOf({ fingerprint: ['{{ default }}', part] })
    expect(isSameIssue(salt('a'), salt('b'))).toBe(false)
  })
})

describe('split by message', () => {
  it('each hash has one with the message in it, without what differs', () => {
    const event = (value: string) => thrown({ type: 'E', value }, [app('a'), library('b')])
    const [one, same, other] = ['order 1 lost', 'order 2 lost', 'card refused'].map((value) =>
      grouped(event(value)),
    )
    expect(one!.splitHashes).toHaveLength(2)
    expect(same!.splitHashes).toEqual(one!.splitHashes)
    expect(other!.hashes).toEqual(one!.hashes)
    expect(other!.splitHashes).not.toEqual(one!.splitHashes)
    for (const hash of one!.splitHashes) expect(one!.hashes).not.toContain(hash)
  })
})

describe('what held before', () => {
  const before = { fingerprintRules: 'type:E -> old' }
  const rules = groupingRules({}, { settings: before, untilMs: 1_790_000_000_001 })
  const event = thrown({ type: 'E', value: 'v' }, [app('a')])

  it('is looked up too until its time is over', () => {
    const { hashes, previous } = group(event, rules)
    expect(hashes).toEqual([md5('Eappa')])
    expect(previous).toMatchObject({ version: 'weir:2026-11-21', hashes: [md5('old')] })
    expect(previous!.splitHashes).toHaveLength(1)
    expect(group({ ...event, received: 1_790_000_001 }, rules).previous).toBeUndefined()
  })

  it('is nothing where nothing was', () => {
    expect(group(event, standard).previous).toBeUndefined()
  })
})
