/** Functions that combine series group by group. */
import type { Series, SeriesList } from '../series.ts'
import { parseTaggedName } from '../tagged_name.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'
import { grouped, keyOf } from './keys.ts'
import { aggregateSeries } from './normalized.ts'

const nodes: Param = { name: 'nodes', type: 'nodeOrTag', multiple: true }
const position: Param = { name: 'position', type: 'node', multiple: true }

/** Groups by the nodes of the name that are not left out. */
function withWildcards(
  name: string,
  description: string,
  func: string | undefined,
): RenderFunction {
  const funcParam: readonly Param[] =
    func === undefined ? [{ name: 'func', type: 'aggFunc', required: true }] : []
  return {
    names: [name],
    group: 'Combine',
    description,
    params: [seriesParam, ...funcParam, position],
    ...(func === undefined ? {} : { isAggregator: true }),
    run: (given, call) => {
      const left = new Set(given.keys('position'))
      const key = (series: Series) =>
        series.name
          .split('.')
          .filter((_, place) => !left.has(place))
          .join('.')
      const groups = [...grouped(given.series(), key)]
      return groups.map(([keyName, list]) => ({
        ...aggregateSeries([list], func ?? given.text('func'), call)!,
        name: keyName,
      }))
    },
  }
}

/** What a callback makes of a group: a function that combines series, or an aggregation. */
async function combined(list: SeriesList, callback: string, call: Call): Promise<Series> {
  const [first] = call.isAggregator(callback)
    ? await call.invoke(callback, [list])
    : [aggregateSeries([list], callback, call)]
  return first ?? call.fail(`${callback} made nothing of ${list[0]?.name}`)
}

async function groupsCombined(
  groups: ReadonlyMap<string, SeriesList>,
  callback: string,
  call: Call,
): Promise<readonly Series[]> {
  const result = []
  for (const [name, list] of groups)
    result.push({ ...(await combined(list, callback, call)), name })
  return result
}

export const groupingFunctions: readonly RenderFunction[] = [
  withWildcards(
    'aggregateWithWildcards',
    'Aggregates series whose names are alike without some nodes.',
    undefined,
  ),
  withWildcards(
    'averageSeriesWithWildcards',
    'Averages series whose names are alike without some nodes.',
    'average',
  ),
  withWildcards(
    'multiplySeriesWithWildcards',
    'Multiplies series whose names are alike without some nodes.',
    'multiply',
  ),
  withWildcards(
    'sumSeriesWithWildcards',
    'Adds up series whose names are alike without some nodes.',
    'sum',
  ),
  {
    names: ['groupByNode'],
    group: 'Combine',
    description: 'Combines the series that have the same node or tag.',
    params: [
      seriesParam,
      { name: 'nodeNum', type: 'nodeOrTag', required: true },
      { name: 'callback', type: 'aggOrSeriesFunc', default: 'average' },
    ],
    run: (given, call) => {
      const keys = given.keys('nodeNum')
      const groups = grouped(given.series(), (series) => keyOf(series, keys))
      return groupsCombined(groups, given.text('callback'), call)
    },
  },
  {
    names: ['groupByNodes'],
    group: 'Combine',
    description: 'Combines the series that have the same nodes and tags.',
    params: [seriesParam, { name: 'callback', type: 'aggOrSeriesFunc', required: true }, nodes],
    run: (given, call) => {
      const keys = given.keys('nodes')
      const groups = grouped(given.series(), (series) => keyOf(series, keys))
      return groupsCombined(groups, given.text('callback'), call)
    },
  },
  {
    names: ['groupByTags'],
    group: 'Combine',
    description: 'Combines the series that have the same values of tags.',
    params: [
      seriesParam,
      { name: 'callback', type: 'aggOrSeriesFunc', required: true },
      { name: 'tags', type: 'tag', required: true, multiple: true },
    ],
    run: async (given, call) => {
      const list = given.series()
      const callback = given.text('callback')
      const names = new Set(list.map(({ tags }) => tags.get('name')))
      const name = names.size === 1 ? [...names][0]! : callback
      const tags = given.keys('tags').map(String)
      const groups = grouped(list, (series) => tagKey(series, tags, name))
      const combinedSeries = await groupsCombined(groups, callback, call)
      return combinedSeries.map((series) => ({
        ...series,
        pathExpression: series.name,
        tags: parseTaggedName(series.name) ?? new Map([['name', series.name]]),
      }))
    },
  },
  {
    names: ['mapSeries', 'map'],
    group: 'Combine',
    description:
      'Makes a list of lists, of the series that have the same nodes or tags, for reduceSeries.',
    params: [seriesParam, { name: 'mapNodes', type: 'nodeOrTag', required: true, multiple: true }],
    run: (given) => {
      const keys = given.keys('mapNodes')
      return [...grouped(given.series(), (series) => keyOf(series, keys)).values()]
    },
  },
  {
    names: ['reduceSeries', 'reduce'],
    group: 'Combine',
    description:
      'Calls a function with the series of each list that have certain values of a node.',
    params: [
      { name: 'seriesLists', type: 'seriesLists', required: true },
      { name: 'reduceFunction', type: 'string', required: true },
      { name: 'reduceNode', type: 'node', required: true },
      { name: 'reduceMatchers', type: 'string', required: true, multiple: true },
    ],
    run: async (given, call) => {
      const lists = given.value('seriesLists') as readonly SeriesList[]
      const matchers = given.all('reduceMatchers') as readonly string[]
      const func = given.text('reduceFunction')
      const groups = reduced(lists.flat(), given.number('reduceNode'), matchers, func)
      const result = []
      for (const [name, found] of groups) {
        const missing = matchers.find((_, place) => found[place] === undefined)
        if (missing !== undefined) call.fail(`${name} has no series for ${missing}`)
        const [first] = await call.invoke(
          func,
          found.map((series) => [series!]),
        )
        result.push({ ...(first ?? call.fail(`${func} made nothing of ${name}`)), name })
      }
      return result
    },
  },
  {
    names: ['applyByNode'],
    group: 'Combine',
    description:
      'Evaluates a target for each beginning of the names, up to a node; % stands for the beginning.',
    params: [
      seriesParam,
      { name: 'nodeNum', type: 'node', required: true },
      { name: 'templateFunction', type: 'string', required: true },
      { name: 'newName', type: 'string' },
    ],
    run: async (given, call) => {
      const list = given.series()
      const nodeNum = given.number('nodeNum')
      const beginnings = list.map(({ name }) => {
        const parts = name.split('.')
        if (nodeNum >= parts.length) call.fail(`${name} does not have ${nodeNum + 1} nodes`)
        return parts.slice(0, nodeNum + 1 || undefined).join('.')
      })
      const result = []
      const newName = given.optionalText('newName')
      for (const beginning of [...new Set(beginnings)].toSorted()) {
        const target = given.text('templateFunction').replaceAll('%', () => beginning)
        for (const series of await call.target(target)) {
          const name = newName?.replaceAll('%', () => beginning) ?? series.name
          const { start, end } = list.at(-1)!
          result.push({ ...series, name, pathExpression: beginning, start, end })
        }
      }
      return result
    },
  },
]

/** The name of a group: a tagged series of its own. */
function tagKey({ tags: own }: Series, tags: readonly string[], name: string): string {
  const head = tags.includes('name') ? (own.get('name') ?? '') : name
  const rest = tags.filter((tag) => tag !== 'name').map((tag) => `${tag}=${own.get(tag) ?? ''}`)
  return [head, ...rest.toSorted()].join(';')
}

/** By the nodes before `node`: for each matcher the series that has it there. */
function reduced(
  list: SeriesList,
  node: number,
  matchers: readonly string[],
  func: string,
): ReadonlyMap<string, readonly (Series | undefined)[]> {
  const groups = new Map<string, (Series | undefined)[]>()
  for (const series of list) {
    const parts = series.name.split('.')
    const place = matchers.indexOf(parts.at(node) ?? '')
    if (place < 0) continue
    const key = `${parts.slice(0, node).join('.')}.reduce.${func}`
    const group = groups.get(key) ?? matchers.map(() => undefined)
    group[place] = series
    groups.set(key, group)
  }
  return groups
}
