import { expect, test } from 'vitest'
import { render } from '../../../../statsd/graphite/render/render.ts'
import { RenderError } from '../../../../statsd/graphite/render/render_error.ts'
import { answer, request, stored, storeOf, until, upTo } from './asked.ts'

const a = stored('app.a', upTo(10))
const b = stored(
  'app.b',
  upTo(10).map((value) => value * 10),
)
const gaps = stored('app.gaps', [1, NaN, 3, NaN, NaN, 6, NaN, NaN, NaN, 10])

const valuesOf = async (target: string, ...series: (typeof a)[]) =>
  (await answer(target, series.length > 0 ? series : [a, b])).map(({ values }) => [...values])

test('targets are answered in their order, series in that of their names', async () => {
  const found = await answer(['app.b', '  ', 'app.*', 'nothing'], [b, a])
  expect(found.map(({ name }) => name)).toEqual(['app.b', 'app.a', 'app.b'])
})

test('what all targets need is fetched at once, each pattern once', async () => {
  const store = storeOf(a, b)
  const asked = request({
    target: ['sum(app.*)', 'scale(app.*, 2)', 'app.a', 'seriesByTag("name=x")'],
  })
  await render(asked, store)
  expect(store.requests).toHaveLength(1)
  expect(store.requests[0]!.map(({ pattern }) => pattern.text)).toEqual([
    'app.*',
    'app.a',
    'seriesByTag("name=x")',
  ])
})

test('windows and shifts ask for the time that they need', async () => {
  const store = storeOf(a)
  await render(request({ target: 'movingAverage(timeShift(app.a, "1h"), "5min")' }), store)
  const times = store.requests.flat().map(({ fromS, untilS }) => [fromS - until, untilS - until])
  expect(times).toEqual([
    [-600, 0],
    [-4200, -3600],
    [-900, 0],
    [-4500, -3600],
  ])
})

test('some results', async () => {
  expect(await valuesOf('sumSeries(app.*)')).toEqual([upTo(10).map((value) => value * 11)])
  expect(await valuesOf('keepLastValue(app.gaps, 2)', gaps)).toEqual([
    [1, 1, 3, 3, 3, 6, NaN, NaN, NaN, 10],
  ])
  expect(await valuesOf('interpolate(app.gaps)', gaps)).toEqual([
    upTo(10).map((value) => value + 1),
  ])
  expect(await valuesOf('app.a|summarize("5min", "max")')).toEqual([[4, 9, NaN]])
  expect(await valuesOf('asPercent(app.a, 50)')).toEqual([
    upTo(10).map((value) => (value / 50) * 100),
  ])
  expect(await valuesOf('delay(app.a, 0)')).toEqual([upTo(10)])
  expect(await valuesOf('log(app.a, 2.5)')).toEqual([
    upTo(10).map((value) => (value > 0 ? Math.log(value) / Math.log(2.5) : NaN)),
  ])
})

test('functions do not change what others see', async () => {
  const [scaled, plain] = await answer(['scale(app.a, 2)', 'app.a'], [a])
  expect([...plain!.values]).toEqual(upTo(10))
  expect(plain!.tags.get('scale')).toBeUndefined()
  expect(scaled!.tags.get('scale')).toBe('2.0')
})

test('a share of known values set for one target is that of the next only if it says so', async () => {
  const found = await answer(['sumSeries(xFilesFactor(app.*, 0.9))', 'sumSeries(app.*)'], [a, gaps])
  expect(found.map(({ values }) => values[1])).toEqual([NaN, 1])
})

test('templates are filled in, by the request before their own values', async () => {
  const asked = request({
    target: 'template(alias(app.$which, $name), which="b", name="x")',
    'template[which]': 'a',
  })
  const [found] = await render(asked, storeOf(a, b))
  expect([found!.name, found!.pathExpression]).toEqual(['x', 'app.a'])
})

test('events are counted by the second', async () => {
  const events = async (tags: readonly string[]) =>
    tags.length === 0 ? [until - 600, until - 600] : [until - 1]
  const found = await render(request({ target: ['events("*")', 'events("deploy")'] }), {
    ...storeOf(),
    events,
  })
  expect(found.map(({ values }) => [values.length, values[0], values.at(-1)])).toEqual([
    [600, 2, NaN],
    [600, NaN, 1],
  ])
})

const refusals: readonly (readonly [
  target: string,
  message: string,
  functionName: string,
  offset: number,
])[] = [
  ['sum(nope(app.a))', 'there is no function nope', 'sum', 4],
  ['scale(app.a)', 'scale needs factor', 'scale', 0],
  ['scale(app.a, "x")', '"x" is no float for the parameter factor of scale', 'scale', 13],
  ['scale(5, 2)', '5 is no seriesList for the parameter seriesList', 'scale', 6],
  ['scale(app.a, 1, 2)', 'scale takes 2 arguments at most', 'scale', 16],
  ['scale(app.a, by=2)', 'scale has no parameter by', 'scale', 16],
  ['scale(app.a, 2, factor=2)', 'is given twice factor', 'scale', 23],
  ['limit(app.a, 1.5)', '1.5 is no integer', 'limit', 13],
  ['movingAverage(app.a, "5m")', '"5m" is no intOrInterval', 'movingAverage', 21],
  ['groupByNode(app.a, 1, "scale")', '"scale" is no aggOrSeriesFunc', 'groupByNode', 22],
  ['consolidateBy(app.a, "middle")', '"middle" is no string', 'consolidateBy', 21],
  ['summarize(app.a, "0s")', 'has to be longer than 0', 'summarize', 0],
  ['timeSlice(app.a, "someday")', '"someday" is not understood', 'timeSlice', 0],
  ['aliasSub(app.a, "(?=a)", "")', 'invalid', 'aliasSub', 0],
  ['movingSum(app.a, inf)', 'the time is out of range', 'movingSum', 0],
  ['timeStack(app.a, "1y", 100000, 100001)', 'the time is out of range', 'timeStack', 0],
  ['log(app.a, 1)', '1.0 is no base', 'log', 0],
]
test.each(refusals)('%s is refused: %s', async (target, message, functionName, offset) => {
  const refusal = await answer(target, [a]).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(refusal).toBeInstanceOf(RenderError)
  const { place, message: text } = refusal as RenderError
  expect(text).toContain(message)
  expect(place.target).toBe(target)
  expect([place.functionName ?? functionName, place.offset]).toEqual([functionName, offset])
})

test('every limit is kept', async () => {
  await expect(answer('app.*', [a, b], { maxSeries: 1 })).rejects.toThrow('more than 1 series')
  await expect(answer('app.*', [a, b], { maxPoints: 19 })).rejects.toThrow('more than 19 values')
  await expect(answer('time("x", 1)', [], { maxPoints: 599 })).rejects.toThrow(
    'more than 599 values',
  )
  await expect(answer('summarize(app.a, "1s")', [a], { maxPoints: 100 })).rejects.toThrow('values')
  await expect(answer(['a', 'b'], [], { maxTargets: 1 })).rejects.toThrow('more than 1 targets')
  const nested = `${'movingAverage('.repeat(12)}app.a${', 2)'.repeat(12)}`
  await expect(answer(nested, [a], { maxCalls: 1000 })).rejects.toThrow('more than 1000 calls')
  const more = `'', '${'b'.repeat(3000)}'`
  const growing = `aliasSub(aliasSub(app.a, ${more}), ${more})`
  await expect(answer(growing, [a])).rejects.toThrow('longer than 100000')
})
