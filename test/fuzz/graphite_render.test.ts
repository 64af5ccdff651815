/** Whatever a target or a time is, it is understood or refused, soon. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseOffset, parseTime } from '../../statsd/graphite/render/attime.ts'
import { answerOf } from '../../statsd/graphite/render/formats/answer.ts'
import { renderFunctions } from '../../statsd/graphite/render/functions/all.ts'
import { parseTarget } from '../../statsd/graphite/render/grammar.ts'
import { defaultRenderLimits } from '../../statsd/graphite/render/limits.ts'
import { render } from '../../statsd/graphite/render/render.ts'
import { RenderError } from '../../statsd/graphite/render/render_error.ts'
import { renderFormats, renderRequest } from '../../statsd/graphite/render/request.ts'
import { timeZoneOf, utc } from '../../statsd/graphite/render/time_zone.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000)
const until = 1_700_006_400

const pieces = fc.oneof(
  fc.constantFrom(
    '(',
    ')',
    ',',
    '.',
    '|',
    '{',
    '}',
    '"',
    "'",
    '\\',
    '=',
    ' ',
    '*',
    'a.b',
    '1',
    '-2.5',
    '1e3',
  ),
  fc.constantFrom(
    'true',
    'none',
    'inf',
    'n=',
    'template(',
    'seriesByTag(',
    '$x',
    "'5min'",
    '\n',
    '\u0000',
  ),
  fc.constantFrom(...renderFunctions.map(({ names }) => `${names[0]}(`)),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const text = fc.array(pieces, { maxLength: 20 }).map((all) => all.join(''))

test('targets of any characters', () => {
  fc.assert(
    fc.property(text, (target) => {
      try {
        parseTarget(target, defaultRenderLimits)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RenderError)
        const { offset } = (thrown as RenderError).place
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(offset).toBeLessThanOrEqual(target.length)
      }
    }),
    { numRuns },
  )
})

test('times of any characters', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '-',
      '+',
      '1',
      '30',
      'min',
      'd',
      'mon',
      'y',
      ':',
      '/',
      'am',
      'pm',
      'noon',
      'now',
      'jan',
      'fri',
    ),
    fc.constantFrom('20240229', '99999999999999', 'yesterday', '_', ' ', 'teatime', '02:30', '31'),
    fc.string({ maxLength: 3 }),
  )
  const zones = fc.constantFrom(
    utc,
    timeZoneOf('Europe/Berlin')!,
    timeZoneOf('Australia/Lord_Howe')!,
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), zones, (all, zone) => {
      for (const act of [
        () => parseTime(all.join(''), zone, until),
        () => parseOffset(all.join('')),
      ]) {
        try {
          expect(Number.isFinite(act())).toBe(true)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RangeError)
        }
      }
    }),
    { numRuns },
  )
})

const literal = fc.oneof(
  fc.integer({ min: -5, max: 2000 }).map(String),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((value) => value.toFixed(3)),
  fc.constantFrom(
    "'sum'",
    "'max'",
    "'5min'",
    "'1s'",
    "'1d'",
    "'-1h'",
    'true',
    'None',
    'inf',
    "'(a+)+'",
    "'\\1'",
  ),
  fc.constantFrom(
    "'%d'",
    "'%.cpu'",
    "'red'",
    "'years'",
    "'dc'",
    "'>'",
    "'user'",
    "'sumSeries(%.*)'",
  ),
)
const { target: anyTarget } = fc.letrec<{ target: string; path: string; call: string }>((tie) => ({
  target: fc.oneof({ depthSize: 'small' }, tie('path'), tie('call')),
  path: fc.constantFrom('app.a', 'app.*', 'app.{a,b}', 'nothing', 'seriesByTag("name=x")'),
  call: fc
    .tuple(
      fc.constantFrom(...renderFunctions.flatMap(({ names }) => names)),
      fc.array(
        fc.oneof({ weight: 1, arbitrary: tie('target') }, { weight: 2, arbitrary: literal }),
        {
          maxLength: 3,
        },
      ),
      tie('target'),
    )
    .map(([name, given, first]) => `${name}(${[first, ...given].join(', ')})`),
}))

const values = [1, NaN, 3, 0, -5, 1e300, NaN, Infinity, 0.1, 7]
const stored = ['app.a', 'app.b', 'app.c;dc=x'].map((name, i) => ({
  name,
  start: until - 600,
  end: until,
  step: [60, 60, 120][i]!,
  values: new Float64Array(values.slice(0, i === 2 ? 5 : 10)),
}))

/** Small, so that what would take long is refused soon. */
const limits = { ...defaultRenderLimits, maxPoints: 100_000, maxCalls: 200 }

test('calls of any functions with any arguments, in any format', async () => {
  await fc.assert(
    fc.asyncProperty(anyTarget, fc.constantFrom(...renderFormats), async (target, format) => {
      const params = new Map([
        ['target', target],
        ['from', '-10min'],
        ['format', format],
        ['maxDataPoints', '4'],
      ])
      const request = renderRequest(params, { nowS: until, zone: utc })
      const fetch = async (asked: readonly unknown[]) => asked.map(() => stored)
      try {
        const series = await render(request, { fetch, random: () => 0.5 }, limits)
        const { body } = answerOf(series, request)
        if (format === 'json' || format === 'rickshaw') JSON.parse(String(body))
        if (format === 'svg') expect(body).not.toMatch(/="[^"]*(NaN|undefined)/)
      } catch (thrown) {
        expect(thrown, target).toBeInstanceOf(RenderError)
      }
    }),
    { numRuns },
  )
})
