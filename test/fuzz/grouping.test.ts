import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Frame, SentryEvent, SentryException } from '../../errors/event/sentry_event.ts'
import { normalise } from '../../errors/event/normalise.ts'
import type { Component } from '../../errors/grouping/component.ts'
import { viewOf } from '../../errors/grouping/event_view.ts'
import { group } from '../../errors/grouping/group.ts'
import type { Variant } from '../../errors/grouping/grouping.ts'
import { groupingInfo } from '../../errors/grouping/info.ts'
import { parameterise } from '../../errors/grouping/parameterise.ts'
import { groupingRules } from '../../errors/grouping/rules.ts'
import { foldPath, globFits, pathGlobFits } from '../../errors/grouping/rules/glob.ts'
import { parseFingerprintRules } from '../../errors/grouping/rules/fingerprint_rules.ts'
import { RuleError } from '../../errors/grouping/rules/position.ts'
import { parseStackTraceRules } from '../../errors/grouping/rules/stack_trace_rules.ts'
import { variantsOf } from '../../errors/grouping/variants.ts'
import { strategiesOf } from '../../errors/grouping/versions.ts'
import type { JsonRecord } from '../../store/search.ts'
import { arrival } from '../errors/event/arrival.ts'
import { eventOf } from '../errors/grouping/events.ts'
import { cpuMsOf } from '../cpu_time.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 2_000)

const rules = groupingRules({
  fingerprintRules:
    'type:Fatal function:* -> {{ default }}, {{ tags.x }}\nmessage:"*a*b*" -> "{{ message }}"',
  stackTraceRules:
    '[app:yes] | function:*a* -app\nfunction:b ^-group v+app max-frames=3\ntype:E min-frames=2',
})
/** Without `+group` and neighbours, by which a rule may let frames of libraries count. */
const plain = groupingRules()

const platform = fc.constantFrom(
  'javascript',
  'node',
  'python',
  'php',
  'ruby',
  'java',
  'go',
  'csharp',
  'native',
  'cocoa',
  'other',
)
const word = fc.oneof(
  fc.constantFrom(
    '',
    '?',
    'a',
    'b',
    'foo',
    'Object.foo',
    'new Foo',
    'async*x',
    'setTimeout handler*y',
    'eval',
    'a/b<',
    'std::vector<int>::f(int)',
    'block in x',
    '<T as X>::f',
    '[native code]',
    '<anonymous>',
    'https://a.example/x.js',
    '/srv/node_modules/x/y.js',
    'main.3f9ac21b.js',
    'com.x.Y$$Lambda$1/0x0',
    '__proto__',
    '\ud800',
    'x'.repeat(300),
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const frame: fc.Arbitrary<Frame> = fc.record(
  {
    function: word,
    raw_function: word,
    module: word,
    filename: word,
    abs_path: word,
    package: word,
    context_line: word,
    lineno: fc.nat(50),
    colno: fc.nat(50),
    in_app: fc.boolean(),
    platform,
    data: fc.constantFrom({ sourcemap: 'x.map' }, {}),
  },
  { requiredKeys: [] },
)
const frames = fc.array(frame, { maxLength: 8 })
const exception: fc.Arbitrary<SentryException> = fc.record(
  {
    type: fc.oneof(word, fc.constantFrom('E', 'Fatal')),
    value: word,
    mechanism: fc.record(
      {
        type: fc.constant('x'),
        synthetic: fc.boolean(),
        exception_id: fc.nat(4),
        parent_id: fc.nat(4),
        is_exception_group: fc.boolean(),
      },
      { requiredKeys: ['type'] },
    ),
    stacktrace: fc.record({ frames, snapshot: fc.boolean() }, { requiredKeys: ['frames'] }),
  },
  { requiredKeys: [] },
)
const event: fc.Arbitrary<SentryEvent> = fc
  .record(
    {
      platform,
      logentry: fc.record({ formatted: word, message: word }),
      exception: fc.record({ values: fc.array(exception, { maxLength: 5 }) }),
      threads: fc.record({
        values: fc.array(
          fc.record(
            { crashed: fc.boolean(), stacktrace: fc.record({ frames }) },
            { requiredKeys: [] },
          ),
          { maxLength: 3 },
        ),
      }),
      stacktrace: fc.record({ frames }),
      fingerprint: fc.array(
        fc.oneof(word, fc.constantFrom('{{ default }}', '{{ type }}', '{{ tags.x }}')),
        { maxLength: 3 },
      ),
      tags: fc.array(fc.tuple(fc.constantFrom('x', 'y'), word), { maxLength: 2 }),
      checksum: word,
      transaction: word,
    },
    { requiredKeys: ['platform'] },
  )
  .map((fields) => eventOf(fields))

test('no event is too much, and the same event has the same hashes', () => {
  fc.assert(
    fc.property(event, (given) => {
      const before = JSON.stringify(given)
      const { hashes, splitHashes, title, value } = group(given, rules)
      expect(hashes.length).toBeGreaterThan(0)
      expect(splitHashes).toHaveLength(hashes.length)
      for (const hash of splitHashes) expect(hash).toMatch(/^[0-9a-f]{32}$/)
      expect(new Set(hashes).size).toBe(hashes.length)
      expect(title.length).toBeGreaterThan(0)
      expect(title.isWellFormed() && value.isWellFormed()).toBe(true)
      expect(group(JSON.parse(before) as SentryEvent, rules).hashes).toEqual(hashes)
      expect(JSON.stringify(given)).toBe(before)
      const info = groupingInfo(given, rules, hashes)
      expect(Object.values(info).some((one) => (one as JsonRecord).contributes)).toBe(true)
      expect(JSON.parse(JSON.stringify(info))).toEqual(info)
    }),
    { numRuns },
  )
})

test('what is remembered of other events changes nothing', () => {
  const settings = { builtInRules: false, stackTraceRules: 'function:a -app\nfunction:b v-group' }
  const experienced = groupingRules(settings)
  // Another event whose frames differ in a few fields.
  const changes = fc.array(fc.record({ at: fc.nat(20), fields: frame }), { maxLength: 3 })
  fc.assert(
    fc.property(event, changes, fc.boolean(), (given, edits, snapshot) => {
      const changed = structuredClone(given)
      const all = allFrames(changed)
      for (const { at, fields } of edits) Object.assign(all[at % all.length] ?? {}, fields)
      for (const one of changed.exception?.values ?? []) {
        if (one.stacktrace && snapshot) one.stacktrace.snapshot = !one.stacktrace.snapshot
      }
      group(given, experienced)
      const { variants, ...rest } = group(changed, experienced)
      const { variants: fresh, ...freshRest } = group(changed, groupingRules(settings))
      expect(variants).toEqual(fresh)
      expect(rest).toEqual({ ...freshRest })
      const whole = variantsOf(
        viewOf(changed, experienced.compiled),
        strategiesOf(experienced.version),
      )
      const said = (all: readonly Variant[]) =>
        all.map(({ name, type, contributes, hash, hint }) => [name, type, contributes, hash, hint])
      expect(said(variants)).toEqual(said(whole.variants))
    }),
    { numRuns },
  )
})

test('nothing that normalisation lets through is too much', () => {
  const key = fc.constantFrom(
    'exception',
    'values',
    'type',
    'value',
    'stacktrace',
    'frames',
    'function',
    'filename',
    'threads',
    'message',
    'logentry',
    'fingerprint',
    'csp',
    'template',
    'platform',
    'mechanism',
    '__proto__',
    'in_app',
    'checksum',
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 7 },
      fc.constantFrom(null, true, 0, -1, 1e300, '', 'a', 'javascript', 'native', '{{ default }}'),
      fc.string({ unit: 'binary' }),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(key, tree, { maxKeys: 8 }), (raw) => {
      const given = normalise(raw as JsonRecord, arrival())
      expect(group(given, rules).hashes.length).toBeGreaterThan(0)
      groupingInfo(given, rules)
    }),
    { numRuns },
  )
})

test('lines and columns change nothing', () => {
  fc.assert(
    fc.property(event, fc.nat(1000), (given, shift) => {
      const moved = structuredClone(given)
      for (const one of allFrames(moved)) {
        if (one.lineno !== undefined) one.lineno += shift
        if (one.colno !== undefined) one.colno += shift
      }
      expect(group(moved, plain).hashes).toEqual(group(given, plain).hashes)
    }),
    { numRuns },
  )
})

test('what frames of libraries hold does not change the hash of the application', () => {
  fc.assert(
    fc.property(event, frame, fc.nat(8), (given, library, at) => {
      const app = (one: SentryEvent) => {
        const variant = group(one, plain).variants.find((other) => other.name === 'app')
        return variant?.contributes ? variant : undefined
      }
      const changed = structuredClone(given)
      for (const list of allStacks(changed)) {
        list.splice(Math.min(at, list.length), 0, { ...calledBack(library), in_app: false })
        for (const [place, one] of list.entries()) {
          if (one.in_app !== true) list[place] = { ...calledBack(one), module: `${one.module}x` }
        }
      }
      const before = app(given)
      const isCutShort = JSON.stringify(given).includes('handler*')
      if (before?.component && hasStack(before.component) && isOfOneKind(given) && !isCutShort) {
        expect(app(changed)?.hash).toBe(before.hash)
      }
    }),
    { numRuns },
  )
})

/** The application has a stack of its own to go by: without one, a stack of libraries outweighs what else it has. */
const hasStack = ({ id, contributes, values }: Component): boolean =>
  contributes &&
  (id === 'stacktrace' || values.some((one) => typeof one !== 'string' && hasStack(one)))

/** Of such a frame as `setTimeout handler*y` the stack of others ends, whoever it belongs to. */
const calledBack = (one: Frame): Frame => ({
  ...one,
  ...(one.function !== undefined && { function: one.function.replaceAll('*', '') }),
  raw_function: '',
})

/** By where an event may have them: exceptions, threads, the event itself. */
const stacksByKind = (given: SentryEvent): Frame[][][] =>
  [given.exception?.values ?? [], given.threads?.values ?? [], [given]].map((owners) =>
    owners.flatMap(({ stacktrace }) => (stacktrace?.frames.length ? [stacktrace.frames] : [])),
  )

const allStacks = (given: SentryEvent): Frame[][] => stacksByKind(given).flat()

/** With several kinds, a frame of a library may be what makes one of them the kind that is gone by. */
const isOfOneKind = (given: SentryEvent): boolean =>
  stacksByKind(given).filter((stacks) => stacks.length > 0).length === 1

const allFrames = (given: SentryEvent): Frame[] => allStacks(given).flat()

const ruleText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ' ',
        '\n',
        '#',
        '"',
        '\\',
        '[',
        ']',
        '|',
        '->',
        '{{',
        '}}',
        ',',
        '!',
        ':',
        'type',
        'function',
        'family',
        'app',
        'tags.a',
        'title=',
        '+app',
        '-group',
        '^',
        'v',
        'max-frames=',
        '1',
        '*',
        'type:E -> x',
        'function:a -app',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''))

test.each([
  ['fingerprint', parseFingerprintRules],
  ['stack-trace', parseStackTraceRules],
])('a text is %s rules, or has a mistake with its place', (_, parse) => {
  fc.assert(
    fc.property(ruleText, (text) => {
      try {
        parse(text)
      } catch (failure) {
        expect(failure).toBeInstanceOf(RuleError)
        const { line, column } = failure as RuleError
        const lines = text.split(/\r\n|\r|\n/)
        expect(line).toBeGreaterThan(0)
        expect(line).toBeLessThanOrEqual(lines.length)
        expect(column).toBeGreaterThan(0)
        expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1)
      }
    }),
    { numRuns },
  )
})

test('globs fit what the expression they stand for fits', () => {
  const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '**', '?', '[ab]', '[!a]'), {
    maxLength: 8,
  })
  const text = fc.array(fc.constantFrom('a', 'b', '/', 'c'), { maxLength: 10 })
  const expressionOf = (parts: readonly string[], path: boolean) => {
    const joined = parts.join('').replaceAll(/\*{2,}/g, '**')
    const source = joined.replaceAll(/\*\*|\*|\?|\[!?\w+\]|./g, (token) => {
      if (token === '**') return '.*'
      if (token === '*') return path ? '[^/]*' : '.*'
      if (token === '?') return '.'
      return token.replace('[!', '[^').replace('/', '\\/')
    })
    return new RegExp(`^${source}$`, 's')
  }
  fc.assert(
    fc.property(pattern, text, fc.boolean(), (parts, characters, path) => {
      const given = characters.join('')
      const expression = expressionOf(parts, path)
      const behindRoot = path && !given.startsWith('/') && expression.test(`/${given}`)
      const glob = parts.join('')
      const fits = path ? pathGlobFits(glob)(foldPath(given)) : globFits(glob)(given)
      expect(fits).toBe(expression.test(given) || behindRoot)
    }),
    { numRuns },
  )
})

test('messages are read in time, and a second time there is nothing to find', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '1',
      'a',
      'a1',
      '-',
      ':',
      '.',
      '@',
      '=',
      '"',
      "'",
      'http://',
      'Jan ',
      'datetime.date(',
      '0x',
      '::',
      ' ',
      'T',
      '/',
      'Z',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(400), (pieces, times) => {
      const text = pieces.join('').repeat(times).slice(0, 8192)
      expect(cpuMsOf(() => void parameterise(text))).toBeLessThan(1_000)
    }),
    { numRuns: Math.min(numRuns, 3_000) },
  )
})
