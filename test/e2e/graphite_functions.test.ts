/** Weir's render functions beside graphite-web's own, on the same stored series. */
import { afterAll, describe, expect, test } from 'vitest'
import { parseTime } from '../../statsd/graphite/render/attime.ts'
import { answerOf } from '../../statsd/graphite/render/formats/answer.ts'
import { renderRequest } from '../../statsd/graphite/render/request.ts'
import { functionNamed } from '../../statsd/graphite/render/functions/all.ts'
import {
  describedFunctions,
  functionsJson,
} from '../../statsd/graphite/render/functions/described.ts'
import { render } from '../../statsd/graphite/render/render.ts'
import { RenderError } from '../../statsd/graphite/render/render_error.ts'
import type { Series } from '../../statsd/graphite/render/series.ts'
import { timeZoneOf } from '../../statsd/graphite/render/time_zone.ts'
import {
  GraphiteWeb,
  type GraphiteQuestion,
  type GraphiteSeries,
  type StoredSeries,
} from '../peers/graphite_web.ts'
import { requirePeer } from '../peers/require.ts'
import { targets, until, windows, worlds } from './graphite_cases.ts'
import { storeOf } from './graphite_store.ts'

const peer = requirePeer('graphite-web')
const graphite = peer && new GraphiteWeb(peer.path)
afterAll(() => graphite?.stop())

async function ours(
  question: GraphiteQuestion,
  series: readonly StoredSeries[],
): Promise<readonly Series[] | RenderError> {
  try {
    return await render(
      {
        targets: question.targets,
        fromS: question.from,
        untilS: question.until,
        nowS: question.now,
        zone: timeZoneOf(question.tz ?? 'UTC')!,
        xFilesFactor: question.xFilesFactor ?? 0,
        template: new Map(Object.entries(question.template ?? {})),
      },
      { fetch: storeOf(series), random: () => 0.5 },
    )
  } catch (thrown) {
    if (thrown instanceof RenderError) return thrown
    throw thrown
  }
}

/** What of a series differs, or undefined. */
function differenceOf(mine: Series, theirs: GraphiteSeries): string | undefined {
  const plain = {
    name: [mine.name, theirs.name],
    pathExpression: [mine.pathExpression, theirs.pathExpression],
    start: [mine.start, theirs.start],
    end: [mine.end, theirs.end],
    step: [mine.step, theirs.step],
    consolidation: [mine.consolidation, theirs.consolidation],
    xFilesFactor: [mine.xFilesFactor, theirs.xFilesFactor],
    color: [mine.color ?? null, theirs.color],
    length: [mine.values.length, theirs.values.length],
    tags: [sortedJson(Object.fromEntries(mine.tags)), sortedJson(theirs.tags)],
    options: [sortedJson(mine.options), sortedJson(theirs.options)],
  }
  for (const [what, [left, right]] of Object.entries(plain)) {
    if (left !== right) return `${what}: ${left} instead of ${right}`
  }
  const place = mine.values.findIndex((value, i) => !isSame(value, theirs.values[i]!))
  if (place < 0) return undefined
  return `value ${place}: ${mine.values[place]} instead of ${theirs.values[place]}`
}

function isSame(mine: number, theirs: number | 'inf' | '-inf' | null): boolean {
  if (theirs === null) return Number.isNaN(mine)
  if (theirs === 'inf') return mine === Infinity
  if (theirs === '-inf') return mine === -Infinity
  return Math.abs(mine - theirs) <= 1e-9 * Math.max(1, Math.abs(mine), Math.abs(theirs))
}

function sortedJson(value: object): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  )
}

const counts = { compared: 0, known: 0, refused: 0 }

describe.runIf(graphite)('every function answers what graphite-web answers', () => {
  afterAll(() => {
    const calls = targets.flatMap((target) => target.match(/[a-zA-Z]+(?=\()/g) ?? [])
    const used = new Set(calls.filter((name) => functionNamed(name) !== undefined))
    const { compared, known, refused } = counts
    console.log(
      `${used.size} functions, ${compared} cases compared with graphite-web; ${refused} that it fails on, ${known} where it is known to be wrong`,
    )
  })

  test.each(Object.keys(worlds))('with series that are %s', async (world) => {
    const series = worlds[world]!
    const differences: string[] = []
    await graphite!.store(series)
    const questions = windows.flatMap(([from, to]) =>
      targets.map((target) => ({ targets: [target], from, until: to, now: until })),
    )
    const answers = await Promise.all(questions.map((question) => graphite!.ask(question)))
    for (const [i, question] of questions.entries()) {
      const [target] = question.targets as [string]
      const mine = await ours(question, series)
      const theirs = answers[i]!.series
      if (theirs === undefined) counts.refused++
      else if (isBetter(world, target)) counts.known++
      else {
        counts.compared++
        const difference = compare(mine, theirs)
        if (difference !== undefined) differences.push(`${target}: ${difference}`)
      }
    }
    expect(differences).toEqual([])
  })
})

/** Where graphite-web mistakes the step of a result, or has since been corrected. */
function isBetter(world: string, target: string): boolean {
  const isOfSteps = /^(asPercent|pct)\(|'asPercent'|^transformNull\(.*, 5, /.test(target)
  return (
    (world === 'steps' && isOfSteps) ||
    (world === 'periodic' && target.startsWith('compressPeriodicGaps'))
  )
}

test.runIf(graphite)(
  'every function is there, with the parameters that graphite-web says',
  async () => {
    const theirs = await graphite!.functions()
    const mine = describedFunctions()
    const shown = (params: readonly object[]) =>
      JSON.parse(
        functionsJson(params.map((param) => ({ ...param, suggestions: undefined }))),
      ) as unknown
    expect([...mine.keys()].toSorted()).toEqual(Object.keys(theirs).toSorted())
    for (const [name, { group, params }] of Object.entries(theirs)) {
      expect(mine.get(name)?.group, name).toBe(group)
      expect(shown(mine.get(name)!.params), name).toEqual(shown(params))
    }
  },
)

function compare(mine: readonly Series[] | RenderError, theirs: readonly GraphiteSeries[]) {
  if (mine instanceof RenderError) return `refused: ${mine.message}`
  if (mine.length !== theirs.length) return `${mine.length} series instead of ${theirs.length}`
  return mine.map((one, i) => differenceOf(one, theirs[i]!)).find((one) => one)
}

const times = [
  '-1d',
  '-10min',
  '-1h30min',
  'now',
  'now-2d',
  'midnight',
  'noon',
  'teatime',
  'noon+1h',
  'midnight-2d',
  'noon yesterday',
  'noon_tomorrow',
  '6pm today',
  '6am',
  '12:30',
  '12:30 20231105',
  '12:30_20231105',
  '11:59pm yesterday',
  'monday',
  'sunday',
  'noon friday',
  'jan05',
  'march 31',
  'nov 5',
  '20231105',
  '20240310',
  '02:30_20240310',
  '02:30_20240331',
  '01:30_20231105',
  '02:30_20231029',
  '1699999999',
  '12345678',
  '11/05/23',
  '1/2/70',
  '12/31/1999',
  '-1w',
  '-2mon',
  '-1y',
  'now+90s',
  '00:00_20240101+26h',
  '20231105-1d',
]
const refusedTimes = [
  '-5m',
  'someday',
  '-10',
  '13/13/23',
  '20231345 noon',
  '25:00',
  'jan',
  '-min',
  '1h',
  '5parsecs',
]

test.runIf(graphite)('times are read as graphite-web reads them, in several zones', async () => {
  for (const tz of [
    'UTC',
    'America/New_York',
    'Europe/Berlin',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
  ]) {
    for (const text of times) {
      const theirs = await graphite!.time(text, until + 1234, tz)
      expect(theirs.error, text).toBeUndefined()
      expect(parseTime(text, timeZoneOf(tz)!, until + 1234), `${text} in ${tz}`).toBe(theirs.time)
    }
  }
  for (const text of refusedTimes) {
    expect((await graphite!.time(text, until, 'UTC')).error, text).toBeDefined()
    expect(() => parseTime(text, timeZoneOf('UTC')!, until), text).toThrow(RangeError)
  }
  console.log(`${times.length * 5 + refusedTimes.length} times compared with graphite-web`)
})

const formatTargets = [
  ['app.*.cpu.user'],
  ['consolidateBy(app.*.cpu.*, "sum")', 'summarize(one.series, "10min", "max")'],
  ['alias(app.web1.cpu.user, "a, \\"b\\" <c>")', 'seriesByTag("name=disk.used")'],
  ['nothing'],
]
const formatOptions: readonly (readonly [string, Readonly<Record<string, number | boolean>>])[] = [
  ['json', {}],
  ['json', { noNullPoints: true }],
  ['json', { pretty: true }],
  ...[1, 2, 7, 25, 59, 60, 1000].map((maxDataPoints) => ['json', { maxDataPoints }] as const),
  ['json', { maxDataPoints: 7, noNullPoints: true }],
  ['csv', {}],
  ['raw', {}],
  ['dygraph', {}],
  ['rickshaw', {}],
]

test.runIf(graphite)('answers are what graphite-web writes, in every format', async () => {
  let compared = 0
  for (const world of ['plain', 'gaps', 'steps', 'counters', 'empty'] as const) {
    const series = worlds[world]!
    await graphite!.store(series)
    for (const [from, to] of windows) {
      for (const asked of formatTargets) {
        for (const [format, options] of formatOptions) {
          // It takes for granted that series in one answer of a script have as many values.
          if (format === 'dygraph' && (world === 'steps' || asked.length > 1)) continue
          const question = {
            targets: asked,
            from,
            until: to,
            now: until,
            tz: 'Europe/Berlin',
            format,
            options,
          }
          const theirs = await graphite!.ask(question)
          const request = renderRequest(
            [
              ...asked.map((target) => ['target', target] as const),
              ['from', String(from)],
              ['until', String(to)],
              ['tz', 'Europe/Berlin'],
              ['format', format],
              ...Object.entries(options).map(([name, value]) => [name, String(value)] as const),
            ],
            { nowS: until, zone: timeZoneOf('UTC')! },
          )
          const mine = await render(request, { fetch: storeOf(series), random: () => 0.5 })
          const body = String(answerOf(mine, request).body)
          const shown = `${world} ${format} ${JSON.stringify(options)} ${asked.join(' ')}`
          if (format === 'csv' || format === 'raw') expect(body, shown).toBe(theirs.body)
          else expect(JSON.parse(body), shown).toEqual(JSON.parse(theirs.body!))
          compared++
        }
      }
    }
  }
  console.log(`${compared} answers compared with graphite-web`)
})
