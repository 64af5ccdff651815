import { expect, test } from 'vitest'
import { readMappings } from '../../../../statsd/prometheus/mapping/load.ts'
import { type MappedKind, Mapper } from '../../../../statsd/prometheus/mapping/mapper.ts'

const mapperOf = (text: string) => new Mapper(readMappings(text, 'mapping.yml'))
const ask = (mapper: Mapper, name: string, kind: MappedKind = 'counter') => {
  const mapped = mapper.map(name, kind)
  return mapped === 'drop' ? mapped : { name: mapped.name, ...mapped.labels }
}

test("the examples of statsd_exporter's README", () => {
  const mapper = mapperOf(
    String.raw`
mappings:
- match: "test.dispatcher.*.*.*"
  name: "dispatcher_events_total"
  labels: { processor: "$1", action: "$2", outcome: "$3", job: "test_dispatcher" }
- match: "*.signup.*.*"
  name: "signup_events_total"
  labels: { provider: "$2", outcome: "$3", job: "\${1}_server" }
- match: "test.*.*.counter"
  name: "\${2}_total"
  labels: { provider: "$1" }
- match: "(.*)\\.(.*)--(.*)\\.status\\.(.*)\\.count"
  match_type: regex
  name: "request_total"
  labels: { hostname: "$1", exec: "$2", protocol: "$3", code: "$4" }
- match: "secret."
  match_type: regex
  action: drop
  name: "dropped"
`.replaceAll('\\${', '${'),
  )
  expect(ask(mapper, 'test.dispatcher.FooProcessor.send.success')).toEqual({
    name: 'dispatcher_events_total',
    processor: 'FooProcessor',
    action: 'send',
    outcome: 'success',
    job: 'test_dispatcher',
  })
  expect(ask(mapper, 'foo_product.signup.facebook.failure')).toEqual({
    name: 'signup_events_total',
    provider: 'facebook',
    outcome: 'failure',
    job: 'foo_product_server',
  })
  expect(ask(mapper, 'test.a.hits.counter')).toEqual({ name: 'hits_total', provider: 'a' })
  expect(ask(mapper, 'web1.app--http.status.200.count')).toEqual({
    name: 'request_total',
    hostname: 'web1',
    exec: 'app',
    protocol: 'http',
    code: '200',
  })
  expect(ask(mapper, 'a.secret.b')).toBe('drop')
  expect(ask(mapper, 'test.web-server.foo.bar')).toEqual({ name: undefined })
})

test('the first glob of the file wins; unordered, what is written out does', () => {
  const rules = `
mappings:
- { match: "a.*.*", name: "first" }
- { match: "a.b.*", name: "second" }
- { match: "*.b.c", name: "third", match_metric_type: gauge }
- { match: "a.b.c", name: "fourth" }
`
  const ordered = mapperOf(rules)
  expect(ask(ordered, 'a.b.c')).toEqual({ name: 'first' })
  expect(ask(ordered, 'x.b.c', 'gauge')).toEqual({ name: 'third' })
  expect(ask(ordered, 'x.b.c', 'counter')).toEqual({ name: undefined })
  const unordered = mapperOf(`defaults: { glob_disable_ordering: true }${rules}`)
  expect(ask(unordered, 'a.b.c')).toEqual({ name: 'fourth' })
  expect(ask(unordered, 'a.b.x')).toEqual({ name: 'second' })
  expect(ask(unordered, 'a.x.x')).toEqual({ name: 'first' })
})

test('a way that leads nowhere is left for another', () => {
  const mapper = mapperOf(`
defaults: { glob_disable_ordering: true }
mappings:
- { match: "a.b.c.d", name: "long" }
- { match: "a.*.c.*.e", name: "deep_$1_$2" }
`)
  expect(ask(mapper, 'a.b.c.d.e')).toEqual({ name: 'deep_b_d' })
  expect(ask(mapper, 'a.b.c')).toEqual({ name: undefined })
})

test('a star is one part, whatever is in it; names are no patterns', () => {
  const mapper = mapperOf('mappings: [{ match: "a.*.c", name: "n", labels: { l: "$1$2" } }]')
  expect(ask(mapper, 'a.__proto__.c')).toEqual({ name: 'n', l: '__proto__' })
  expect(ask(mapper, 'a.*.c')).toEqual({ name: 'n', l: '*' })
  expect(ask(mapper, 'a..c')).toEqual({ name: 'n', l: '' })
  expect(ask(mapper, 'a.b.b.c')).toEqual({ name: undefined })
})

test("templates of expressions are Go's", () => {
  const mapper = mapperOf(String.raw`
mappings:
- match: '(?P<who>\w+)=(\d+)'
  match_type: regex
  name: "n"
  labels: { a: "$who", b: "${'$'}{2}x", c: "$2x", d: "$$", e: "$9" }
`)
  expect(ask(mapper, 'me=12')).toEqual({ name: 'n', a: 'me', b: '12x', c: '', d: '$', e: '' })
})

test('options: of the rule, of the defaults, of nobody', () => {
  const mapper = mapperOf(`
defaults:
  observer_type: histogram
  histogram_options: { buckets: [1, 2] }
  summary_options: { max_age: 1m, quantiles: [{ quantile: 0.5, error: 0.05 }] }
  ttl: 1m20s
mappings:
- { match: own, name: own, histogram_options: { buckets: [0.1, .inf] }, ttl: 0, scale: 1e-6, help: words }
- { match: general, name: general, ttl: 500ms, honor_labels: true }
- { match: summary, name: s, observer_type: summary, summary_options: { age_buckets: 2 } }
- { match: old, name: o, timer_type: histogram, buckets: [7] }
`)
  expect(mapper.map('own', 'observer')).toMatchObject({
    observer: { type: 'histogram', buckets: [0.1] },
    ttlMs: 80_000,
    scale: 1e-6,
    help: 'words',
    honorLabels: false,
  })
  expect(mapper.map('general', 'observer')).toMatchObject({
    observer: { buckets: [1, 2] },
    ttlMs: 500,
    honorLabels: true,
  })
  expect(mapper.map('summary', 'observer')).toMatchObject({
    observer: { type: 'summary', quantiles: [0.5], maxAgeMs: 60_000, ageBuckets: 2 },
  })
  expect(mapper.map('old', 'observer')).toMatchObject({ observer: { buckets: [7] } })
  expect(new Mapper(readMappings('', 'm')).map('x', 'observer')).toMatchObject({
    observer: { type: 'summary', quantiles: [0.5, 0.9, 0.99], maxAgeMs: 600_000, ageBuckets: 5 },
    ttlMs: 0,
  })
})

test.each([
  [
    'mappings: [{ match: "a.*", name: x, labls: {} }]',
    'm.yml:1:37: mappings[0].labls: unknown key "labls": did you mean "labels"?',
  ],
  [
    'mappings:\n- match: "a.*"',
    'm.yml:2:3: mappings[0].name: is missing: a rule has to say the name',
  ],
  [
    'mappings:\n- { match: "a b", name: x }',
    'm.yml:2:12: mappings[0].match: "a b" is no part of a glob',
  ],
  [
    'mappings:\n- { match: "1a", name: x }',
    'm.yml:2:12: mappings[0].match: "1a" is no part of a glob',
  ],
  [
    'mappings:\n- { match: a, name: "x-y" }',
    'm.yml:2:21: mappings[0].name: "x-y" is no name of a metric',
  ],
  [
    'mappings:\n- { match: a, name: x, labels: { "a-b": c } }',
    'm.yml:2:32: mappings[0].labels: "a-b" is no name of a label',
  ],
  [
    'mappings:\n- { match: "(a", match_type: regex, name: x }',
    'm.yml:2:12: mappings[0].match: error parsing regexp: missing',
  ],
  [
    'mappings:\n- { match: "(?=a)", match_type: regex, name: x }',
    'm.yml:2:12: mappings[0].match: error parsing regexp',
  ],
  [
    'mappings:\n- { match: a, name: x, ttl: soon }',
    'm.yml:2:29: mappings[0].ttl: "soon" is not a duration',
  ],
  [
    'mappings:\n- { match: a, name: x, histogram_options: { buckets: [2, 1] } }',
    'm.yml:2:58: mappings[0].histogram_options.buckets[1]: the bounds of buckets have to ascend',
  ],
  [
    'mappings:\n- { match: a, name: x, observer_type: histogram, summary_options: {} }',
    'mappings[0].summary_options: a histogram has none',
  ],
  ['mappings: {', 'm.yml:1:'],
  ['mappings:\n- { match: a, name: x, action: mop }', 'did you mean "map"?'],
])('a mistake has its place: %s', (text, message) => {
  expect(() => readMappings(text, 'm.yml')).toThrow(message)
})

test('an expression that makes others explode takes no time', () => {
  const mapper = mapperOf(`mappings: [{ match: '^(a+)+$', match_type: regex, name: x }]`)
  expect(ask(mapper, `${'a'.repeat(10_000)}!`)).toEqual({ name: undefined })
})
