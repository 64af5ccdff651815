import { expect, test } from 'vitest'
import { type Family, labelsText, metricNameOf } from '../../../core/exposition/family.ts'
import { formatOf, openMetrics, text004 } from '../../../core/exposition/formats.ts'
import { familiesOf } from '../../../core/exposition/prom_client.ts'
import { Counter, Histogram, Registry } from 'prom-client'

const family = (name: string, type: Family['type'], ...values: number[]): Family => ({
  name,
  help: `help of ${name}`,
  type,
  samples: values.map((value, at) => ({ labels: values.length > 1 ? `n="${at}"` : '', value })),
})

test('text 0.0.4: help, type, labels and values escaped', () => {
  const odd = {
    name: 'a:b',
    help: 'back\\slash\nand "quotes"',
    type: 'unknown' as const,
    samples: [{ labels: labelsText([['path', 'C:\\x\n"y"']]), value: -Infinity }],
  }
  expect([...text004.write([odd, family('c', 'counter', NaN)])].join('')).toBe(
    `# HELP a:b back\\\\slash\\nand "quotes"\n# TYPE a:b untyped\na:b{path="C:\\\\x\\n\\"y\\""} -Inf\n` +
      `# HELP c help of c\n# TYPE c counter\nc NaN\n`,
  )
})

test('OpenMetrics: counters end in _total, counts are whole, # EOF is last', () => {
  const summary: Family = {
    name: 's',
    help: 'h"h',
    type: 'summary',
    samples: [
      { labels: 'quantile="0.5"', value: 1.5 },
      { suffix: '_sum', labels: '', value: -3.25 },
      { suffix: '_count', labels: '', value: 2.4 },
    ],
  }
  const text = [
    ...openMetrics.write([family('a', 'counter', 1), family('b_total', 'counter', 2), summary]),
  ].join('')
  expect(text).toBe(
    '# TYPE a counter\n# HELP a help of a\na_total 1\n' +
      '# TYPE b counter\n# HELP b help of b_total\nb_total 2\n' +
      '# TYPE s summary\n# HELP s h\\"h\ns{quantile="0.5"} 1.5\ns_sum -3.25\ns_count 2\n# EOF\n',
  )
})

test('OpenMetrics: a counter whose bare name a gauge has is of unknown type, not lost', () => {
  const clashes: string[] = []
  const families = [family('x_total', 'counter', 1), family('x', 'gauge', 2)]
  const text = [...openMetrics.write(families, (name) => clashes.push(name))].join('')
  expect(text).toContain('# TYPE x_total unknown\n# HELP x_total help of x_total\nx_total 1\n')
  expect(text).toContain('# TYPE x gauge')
  expect(clashes).toEqual([])
})

test('OpenMetrics: values that it forbids are left out, not the family', () => {
  expect([...openMetrics.write([family('a', 'counter', NaN, -1, 3)])].join('')).toContain(
    '\na_total{n="2"} 3\n',
  )
  expect([...openMetrics.write([family('a', 'counter', NaN)])].join('')).toBe('# EOF\n')
})

test.each([text004, openMetrics])(
  'who comes second under a name is left out and told: %#',
  (format) => {
    const clashes: string[] = []
    const families = [
      family('s', 'summary', 1),
      family('s_count', 'counter', 1),
      family('s', 'gauge', 1),
      family('not a name', 'gauge', 1),
      family('fine', 'gauge', 1),
    ]
    const text = [...format.write(families, (name) => clashes.push(name))].join('')
    expect(clashes).toEqual(['s_count', 's', 'not a name'])
    expect(text).toContain('\nfine 1\n')
  },
)

test.each([
  [undefined, text004],
  ['', text004],
  ['*/*', text004],
  ['application/openmetrics-text', openMetrics],
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    openMetrics,
  ],
  [
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.7,text/plain;version=0.0.4;q=0.3',
    openMetrics,
  ],
  ['application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5', text004],
  ['application/openmetrics-text;q=0.1, text/plain', text004],
  ['application/openmetrics-text;q=0', text004],
  ['text/html;q=x, nonsense', text004],
])('Accept: %s', (accept, format) => {
  expect(formatOf(accept)).toBe(format)
})

test.each([
  ['a.b-c', 'a_b_c'],
  ['a--b', 'a_b'],
  ['1st', '_1st'],
  ['über', '_ber'],
  ['a😀b', 'a_b'],
  ['', '_'],
])('%s becomes %s', (text, name) => {
  expect(metricNameOf(text)).toBe(name)
})

test("prom-client's metrics as families", async () => {
  const registry = new Registry()
  new Counter({ name: 'c_total', help: 'c', labelNames: ['a'], registers: [registry] }).inc({
    a: 'x"',
  })
  const histogram = new Histogram({ name: 'h', help: 'h', buckets: [1], registers: [registry] })
  histogram.observe(0.5)
  histogram.observe(2)
  const text = [...text004.write(familiesOf(await registry.getMetricsAsJSON()))].join('')
  expect(text).toBe(
    '# HELP c_total c\n# TYPE c_total counter\nc_total{a="x\\""} 1\n# HELP h h\n# TYPE h histogram\n' +
      'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 2.5\nh_count 2\n',
  )
})
