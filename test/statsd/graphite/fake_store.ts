import { parseGlob } from '../../../store/name_glob.ts'
import type {
  MetricStore,
  ReadRequest,
  SeriesFilter,
  SeriesInfo,
  SeriesValues,
  TagExpression,
} from '../../../store/metrics.ts'
import type { PointType } from '../../../store/points.ts'
import { nameOfSeries, tagsOfSeries } from '../../../store/series.ts'

const stepMs = 10_000

/** A store that has these series, and of each the value 1 in the first step, 2 in the second, and so on. */
export function fakeStore(series: readonly (readonly [PointType, string])[]): MetricStore {
  const all = series
    .map(([type, name]): SeriesInfo => ({ series: name, type, firstMs: 0, lastMs: 1e13 }))
    .toSorted((a, b) => (a.series < b.series ? -1 : 1))
  const wanted = ({ types }: SeriesFilter) =>
    all.filter(({ type }) => types?.includes(type) ?? true)
  const tagged = (tags: readonly TagExpression[], filter: SeriesFilter) =>
    wanted(filter).filter((each) => tags.every((tag) => holds(tag, each.series)))
  const keys = (found: readonly SeriesInfo[], tag: string) =>
    found.flatMap((each) => tagsOfSeries(each.series)[tag] ?? [])
  const distinct = (texts: readonly string[], prefix = '') =>
    [...new Set(texts)].filter((text) => text.startsWith(prefix)).toSorted()
  return {
    async find({ glob, tags, limit, ...filter }) {
      const found =
        glob === undefined
          ? tagged(tags ?? [], filter)
          : wanted(filter).filter((each) => fits(glob, nameOfSeries(each.series)))
      return found.slice(0, limit)
    },
    async children({ glob, limit, ...filter }) {
      const depth = glob.split('.').length
      const names = wanted(filter).map((each) => ({ ...each, name: nameOfSeries(each.series) }))
      const paths = distinct(
        names.map(({ name }) => name.split('.').slice(0, depth).join('.')),
      ).filter((path) => fits(glob, path))
      return paths.slice(0, limit).map((path) => ({
        path,
        name: path.slice(path.lastIndexOf('.') + 1),
        types: names.filter(({ series: one }) => one === path).map(({ type }) => type),
        isBranch: names.some(({ name }) => name.startsWith(`${path}.`)),
      }))
    },
    async tagNames({ tags = [], prefix, limit }) {
      const names = tagged(tags, {}).flatMap((each) => Object.keys(tagsOfSeries(each.series)))
      return distinct(names, prefix).slice(0, limit)
    },
    async tagValues({ tag, tags = [], prefix, limit }) {
      return distinct(keys(tagged(tags, {}), tag), prefix).slice(0, limit)
    },
    read: async (request) => request.series.flatMap((one) => valuesOf(one, request)),
    refresh: async () => {},
  }
}

function valuesOf(
  { series, type }: ReadRequest['series'][number],
  { figures, fromMs, untilMs }: ReadRequest,
): SeriesValues[] {
  const startMs = Math.floor(fromMs / stepMs) * stepMs
  const length = Math.ceil((untilMs - startMs) / stepMs)
  const values = Float64Array.from({ length }, (_, place) => place + 1)
  return figures.map((figure) => ({ series, type, figure, startMs, stepMs, values }))
}

function fits(glob: string, name: string): boolean {
  const parts = parseGlob(glob)
  const texts = name.split('.')
  return parts.length === texts.length && parts.every((part, place) => part.fits(texts[place]!))
}

function holds({ tag, operator, value }: TagExpression, series: string): boolean {
  const is = tagsOfSeries(series)[tag] ?? ''
  const isFit = operator.endsWith('~') ? new RegExp(`^(?:${value})`).test(is) : is === value
  return operator.startsWith('!') ? !isFit : isFit
}
