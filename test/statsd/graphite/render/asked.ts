import {
  defaultRenderLimits,
  type RenderLimits,
} from '../../../../statsd/graphite/render/limits.ts'
import { render } from '../../../../statsd/graphite/render/render.ts'
import { renderRequest, type RenderRequest } from '../../../../statsd/graphite/render/request.ts'
import type { FetchRequest, FetchedSeries } from '../../../../statsd/graphite/render/sources.ts'
import { utc } from '../../../../statsd/graphite/render/time_zone.ts'

/** A whole hour. */
export const until = 1_700_006_400

/** A minute's value for each of the ten minutes before `until`. */
export function stored(name: string, values: readonly number[], step = 60): FetchedSeries {
  const start = until - 600
  return { name, start, end: start + values.length * step, step, values: new Float64Array(values) }
}

export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

/** A request over the ten minutes before `until`. */
export function request(
  params: Readonly<Record<string, string | readonly string[]>>,
): RenderRequest {
  const pairs = Object.entries({ from: '-10min', ...params }).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one] as const),
  )
  return renderRequest(pairs, { nowS: until, zone: utc })
}

/** What a store of these series answers; its requests are kept. */
export function storeOf(...series: readonly FetchedSeries[]) {
  const requests: (readonly FetchRequest[])[] = []
  const fetch = async (asked: readonly FetchRequest[]) => {
    requests.push(asked)
    return asked.map(({ pattern }) => {
      if (pattern.kind === 'tags') return series
      const source = pattern.text.replaceAll('.', '\\.').replaceAll('*', '[^.]*')
      return series.filter(({ name }) => new RegExp(`^${source}$`).test(name))
    })
  }
  return { fetch, requests, random: () => 0.5 }
}

export async function answer(
  targets: string | readonly string[],
  series: readonly FetchedSeries[],
  limits: Partial<RenderLimits> = {},
) {
  const asked = request({ target: targets })
  return render(asked, storeOf(...series), { ...defaultRenderLimits, ...limits })
}
