import { expect, test } from 'vitest'
import {
  parseExposition,
  scrapeFormatOf,
  scrapeOpenMetrics,
  scrapeText,
} from '../../../../statsd/prometheus/scrape/parse.ts'

const parse = (text: string, format = scrapeText) => [...parseExposition(text, format)]

test("the example of Prometheus' documentation", () => {
  const text = String.raw`# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

http_request_duration_seconds_bucket{le="+Inf"} 144320
rpc_duration_seconds{quantile="0.01",} 3102
`
  expect(parse(text)).toEqual([
    {
      name: 'http_requests_total',
      labels: [
        ['method', 'post'],
        ['code', '200'],
      ],
      value: 1027,
      atMs: 1395066363000,
    },
    {
      name: 'http_requests_total',
      labels: [
        ['method', 'post'],
        ['code', '400'],
      ],
      value: 3,
      atMs: 1395066363000,
    },
    {
      name: 'msdos_file_access_time_seconds',
      labels: [
        ['path', 'C:\\DIR\\FILE.TXT'],
        ['error', 'Cannot find file:\n"FILE.TXT"'],
      ],
      value: 1.458255915e9,
      atMs: undefined,
    },
    { name: 'metric_without_timestamp_and_labels', labels: [], value: 12.47, atMs: undefined },
    {
      name: 'something_weird',
      labels: [['problem', 'division by zero']],
      value: Infinity,
      atMs: -3982045,
    },
    {
      name: 'http_request_duration_seconds_bucket',
      labels: [['le', '+Inf']],
      value: 144320,
      atMs: undefined,
    },
    { name: 'rpc_duration_seconds', labels: [['quantile', '0.01']], value: 3102, atMs: undefined },
  ])
})

test('OpenMetrics: seconds, exemplars, the end', () => {
  const text = `# TYPE foo histogram
# UNIT foo seconds
foo_bucket{le="1.0"} 11 # {trace_id="Kp}Ox \\"6"} 0.67 1.5
foo_bucket{le="+Inf"} 17 123.5 # {} 9.8
foo_sum -3e-3
# EOF
`
  expect(parse(text, scrapeOpenMetrics)).toEqual([
    { name: 'foo_bucket', labels: [['le', '1.0']], value: 11, atMs: undefined },
    { name: 'foo_bucket', labels: [['le', '+Inf']], value: 17, atMs: 123_500 },
    { name: 'foo_sum', labels: [], value: -0.003, atMs: undefined },
  ])
  expect(() => parse('a 1\n', scrapeOpenMetrics)).toThrow('it does not end in # EOF')
  expect(() => parse('# EOF\na 1\n', scrapeOpenMetrics)).toThrow('line 2: comes after # EOF')
})

test('names that need quotes, blanks, carriage returns', () => {
  expect(parse('{"a.b","x y"="z",c = "d" , } 1\r\n \t e { } 2 \n')).toEqual([
    {
      name: 'a.b',
      labels: [
        ['x y', 'z'],
        ['c', 'd'],
      ],
      value: 1,
      atMs: undefined,
    },
    { name: 'e', labels: [], value: 2, atMs: undefined },
  ])
  expect(parse('')).toEqual([])
  expect(parse('a NaN\nb -inf\nc .5\nd 1.e3')).toMatchObject([
    { value: NaN },
    { value: -Infinity },
    { value: 0.5 },
    { value: 1000 },
  ])
})

test.each([
  ['a', 'line 1:2: expected a value at ""'],
  ['a 1\n1a 2', 'line 2:1: expected a name at "1a 2"'],
  ['a{b="c} 1', 'line 1:5: expected a quoted text that ends'],
  ['a{b} 1', 'line 1:4: expected = at "} 1"'],
  ['a{b="c"d="e"} 1', 'line 1:8: expected , or } at "d='],
  ['a{b="c"', 'line 1:8: expected , or } at ""'],
  ['a{1="c"} 1', 'expected a label or }'],
  ['a 1x', 'expected a value'],
  ['a 0x10', 'expected a value'],
  ['a 1 2 3', 'line 1:7: expected the end of the line at "3"'],
  ['<html>', 'expected a name at "<html>"'],
])('%s is refused with its place', (text, message) => {
  expect(() => parse(text)).toThrow(message)
})

test('the format is that of the content type', () => {
  expect(scrapeFormatOf('application/openmetrics-text; version=1.0.0')).toBe(scrapeOpenMetrics)
  expect(scrapeFormatOf('text/plain')).toBe(scrapeText)
  expect(scrapeFormatOf(undefined)).toBe(scrapeText)
})
