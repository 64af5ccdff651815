import { unpack } from 'msgpackr'
import { expect, test } from 'vitest'
import { answerOf } from '../../../../statsd/graphite/render/formats/answer.ts'
import { render } from '../../../../statsd/graphite/render/render.ts'
import { answer, request, stored, storeOf, until, upTo } from './asked.ts'

const a = stored('app.a', [1, NaN, 2.5, Infinity])

async function body(params: Record<string, string>, series = [a]) {
  const asked = request({ target: 'app.*', ...params })
  return answerOf(await render(asked, storeOf(...series)), asked)
}

test('json has null and 1e9999, and leaves nulls out when asked', async () => {
  const start = until - 600
  expect(await body({ format: 'json' })).toEqual({
    contentType: 'application/json',
    body: `[{"target":"app.a","tags":{"name":"app.a"},"datapoints":[[1,${start}],[null,${start + 60}],[2.5,${start + 120}],[1e9999,${start + 180}]]}]`,
  })
  const without = await body({ format: 'json', noNullPoints: '1' })
  expect(without.body).not.toContain('null')
  const pretty = await body({ format: 'json', pretty: '1' })
  expect(pretty.body).toContain('\n  {\n    "target": "app.a"')
  expect(pretty.body).toContain('1e9999')
  expect((await body({ format: 'json' }, [])).body).toBe('[]')
})

test('more points than asked for are consolidated, in aligned buckets', async () => {
  const many = stored('app.many', upTo(100), 10)
  const points = async (maxDataPoints: string) => {
    const { body: text } = await body({ format: 'json', maxDataPoints }, [many])
    const [series] = JSON.parse(String(text)) as { datapoints: [number, number][] }[]
    return series!.datapoints
  }
  expect(await points('1')).toEqual([[49.5, until - 600]])
  const ten = await points('10')
  expect(ten[0]).toEqual([13.5, until - 600 + 100])
  expect(ten.every(([, time]) => time % 100 === 0)).toBe(true)
  expect(await points('100')).toHaveLength(100)
})

test('csv and raw are written as Python writes', async () => {
  const quoted = [{ ...a, name: 'app.a"b,c' }]
  expect((await body({ format: 'csv', tz: 'Europe/Berlin' }, quoted)).body).toBe(
    [
      '"app.a""b,c",2023-11-15 00:50:00,1.0',
      '"app.a""b,c",2023-11-15 00:51:00,',
      '"app.a""b,c",2023-11-15 00:52:00,2.5',
      '"app.a""b,c",2023-11-15 00:53:00,inf',
      '',
    ].join('\r\n'),
  )
  expect((await body({ format: 'raw' })).body).toBe(
    `app.a,${until - 600},${until - 360},60|1.0,None,2.5,inf\n`,
  )
})

test('msgpack is read back', async () => {
  const { body: bytes } = await body({ format: 'msgpack' }, [
    { ...a, name: `app.${'x'.repeat(40)}` },
  ])
  expect(unpack(bytes as Buffer)).toEqual([
    {
      name: `app.${'x'.repeat(40)}`,
      start: until - 600,
      end: until - 360,
      step: 60,
      values: [1, null, 2.5, Infinity],
      pathExpression: 'app.*',
      valuesPerPoint: 1,
      consolidationFunc: 'average',
      xFilesFactor: 0,
    },
  ])
})

test('scripts are called by their name, and by nothing else', async () => {
  expect(await body({ format: 'json', jsonp: 'a.b' }, [])).toEqual({
    contentType: 'text/javascript',
    body: 'a.b([])',
  })
  await expect(body({ format: 'json', jsonp: 'alert(1)//' })).rejects.toThrow('name of a function')
})

test('requests that cannot be answered are refused with what to write', () => {
  const refused = (params: Record<string, string>) => () => request({ target: 'a', ...params })
  expect(refused({ format: 'png' })).toThrow('format png: pictures are drawn as svg')
  expect(refused({ format: 'pickle' })).toThrow('msgpack or json')
  expect(refused({ format: 'constructor' })).toThrow('there are csv')
  expect(refused({ from: '-5m' })).toThrow('from: "m" is not a unit of time; minutes are min')
  expect(refused({ from: 'now', until: 'now' })).toThrow('the range is empty')
  expect(refused({ width: '100000' })).toThrow('width has to be 1 to 8000')
  expect(refused({ graphType: 'pie' })).toThrow('graphType pie')
  expect(refused({ xFilesFactor: 'x' })).toThrow('xFilesFactor')
})

test('from and until may be given the wrong way round', async () => {
  const { fromS, untilS } = request({ target: 'a', from: 'now', until: '-1h' })
  expect([fromS - until, untilS - until]).toEqual([-3600, 0])
})

test('a chart has what was asked for, and nothing of what names hold', async () => {
  const series = [a, stored('app.<b>&\u0000"', upTo(10))]
  const { body: svg, contentType } = await body(
    {
      title: 'A <title>',
      width: '400',
      height: '200',
      bgcolor: '112233',
      fgcolor: 'red',
      areaMode: 'stacked',
      colorList: 'blue,#00ff00,"/><script>',
    },
    series,
  )
  expect(contentType).toBe('image/svg+xml')
  expect(svg).toContain('<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"')
  expect(svg).toContain('A &lt;title&gt;')
  expect(svg).toContain('app.&lt;b&gt;&amp;?&quot;')
  expect(svg).toContain('fill="#112233"')
  expect(svg).toContain('stroke="#00ff00"')
  expect(svg).not.toContain('script')
  expect(svg).not.toContain('NaN')
  expect(svg).not.toContain('Infinity')
})

test('charts of nothing, of one value and of lines that never end are drawn', async () => {
  expect((await body({}, [])).body).toContain('No data')
  const targets = [
    'verticalLine("-5min", "deploy", "red")',
    'threshold(5, "limit")',
    'app.a',
    'secondYAxis(app.a)',
    'areaBetween(app.a)',
  ]
  for (const target of targets.slice(0, 4)) {
    for (const lineMode of ['slope', 'staircase', 'connected']) {
      const { body: svg } = await body({ target, lineMode }, [stored('app.a', [5])])
      expect(svg).toContain('<path')
      expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    }
  }
  await expect(answer(targets[4]!, [a])).rejects.toThrow('exactly two series')
})
