/** Weir's render functions beside graphite-web's own, on the same stored series. */
import { afterAll, expect, test } from 'vitest'
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

test.runIf(graphite)('every function answers what graphite-web answers', async () => {
  const differences: string[] = []
  let compared = 0
  let known = 0
  let refused = 0
  for (const [world, series] of Object.entries(worlds)) {
    await graphite!.store(series)
    const questions = windows.flatMap(([from, to]) =>
      targets.map((target) => ({ targets: [target], from, until: to, now: until })),
    )
    const answers = await Promise.all(questions.map((question) => graphite!.ask(question)))
    for (const [i, question] of questions.entries()) {
      const [target] = question.targets as [string]
      const mine = await ours(question, series)
      const theirs = answers[i]!.series
      if (theirs === undefined) refused++
      else if (isBetter(world, target)) known++
      else {
        compared++
        const difference = compare(mine, theirs)
        if (difference !== undefined) differences.push(`${world} ${target}: ${difference}`)
      }
    }
  }
  const calls = targets.flatMap((target) => target.match(/[a-zA-Z]+(?=\()/g) ?? [])
  const used = new Set(calls.filter((name) => functionNamed(name) !== undefined))
  console.log(
    `${used.size} functions, ${compared} cases compared with graphite-web; ${refused} that it fails on, ${known} where it is known to be wrong`,
  )
  expect(differences).toEqual([])
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
