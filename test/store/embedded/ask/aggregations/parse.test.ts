import { expect, test } from 'vitest'
import { parseAggregations } from '../../../../../store/embedded/ask/aggregations/parse.ts'
import { SearchError, type JsonRecord } from '../../../../../store/search.ts'

const daily = { field: 't', fixed_interval: '1d' }

/** What is refused, the type of the error, and what its reason has in it: Elasticsearch's own words. */
const refused: readonly (readonly [JsonRecord, string, string])[] = [
  [{ x: { spam: {} } }, 'parsing_exception', 'Unknown aggregation type [spam], at aggs.x'],
  [{ x: {} }, 'parsing_exception', 'Missing definition for aggregation [x]'],
  [{ x: 5 }, 'parsing_exception', 'Aggregation definition for [x]'],
  [
    { x: { terms: { field: 'k' }, avg: { field: 'v' } } },
    'parsing_exception',
    'Found two aggregation type definitions in [x]: [terms] and [avg]',
  ],
  [
    { x: { terms: { field: 'k', foo: 1 } } },
    'x_content_parse_exception',
    '[terms] unknown field [foo], at aggs.x.terms',
  ],
  [
    { x: { terms: { field: 'k', size: 0 } } },
    'illegal_argument_exception',
    '[size] must be greater than 0. Found [0] in [x]',
  ],
  [
    { a: { terms: { field: 'k' }, aggs: { b: { avg: {} } } } },
    'illegal_argument_exception',
    'Required one of fields [field, script], but none were specified., at aggs.a.aggs.b.avg',
  ],
  [{ x: { avg: { field: 'v', script: 'x' } } }, 'illegal_argument_exception', '[script]'],
  [
    { 'x[': { avg: { field: 'v' } } },
    'parsing_exception',
    "Aggregation names can contain any character except '[', ']', and '>'",
  ],
  [
    { x: { avg: { field: 'v' }, aggs: { y: { avg: { field: 'v' } } } } },
    'aggregation_initialization_exception',
    'Aggregator [x] of type [avg] cannot accept sub-aggregations',
  ],
  [
    { x: { significant_terms: { field: 'k' } } },
    'illegal_argument_exception',
    '[significant_terms] is not supported',
  ],
  [
    { x: { date_histogram: { field: 't', calendar_interval: '2d' } } },
    'illegal_argument_exception',
    'The supplied interval [2d] could not be parsed as a calendar interval.',
  ],
  [
    { x: { date_histogram: { field: 't', fixed_interval: '1M' } } },
    'illegal_argument_exception',
    'with value [1M] as a time value: unit is missing or unrecognized',
  ],
  [
    { x: { terms: { field: 'k' }, aggs: { d: { derivative: { buckets_path: '_count' } } } } },
    'action_request_validation_exception',
    'derivative aggregation [d] must have a histogram, date_histogram or auto_date_histogram as parent',
  ],
  [
    { x: { date_histogram: daily, aggs: { d: { derivative: { buckets_path: 'zz' } } } } },
    'action_request_validation_exception',
    'Validation Failed: 1: No aggregation found for path [zz];',
  ],
  [
    { m: { avg: { field: 'v' } }, x: { avg_bucket: { buckets_path: 'm' } } },
    'action_request_validation_exception',
    'The first aggregation in buckets_path must be a multi-bucket aggregation',
  ],
  [
    {
      x: {
        date_histogram: daily,
        aggs: {
          d: {
            bucket_script: { buckets_path: { a: '_count' }, script: 'params.a + System.exit(1)' },
          },
        },
      },
    },
    'script_exception',
    'function [System.exit] is not supported, column 23',
  ],
  [
    { x: { top_hits: { size: 101 } } },
    'illegal_argument_exception',
    'from + size must be less than or equal to: [100]',
  ],
  [{ x: { filter: { spam: {} } } }, 'parsing_exception', 'spam'],
]

test.each(refused)('refuses %j', (body, type, words) => {
  const failure = failureOf(body)
  expect(failure.type).toBe(type)
  expect(failure.status).toBe(400)
  expect(failure.message).toContain(words)
})

test('a body that is nested too deep is refused', () => {
  let body: JsonRecord = { x: { terms: { field: 'k' } } }
  for (let depth = 0; depth < 500; depth += 1) body = { x: { terms: { field: 'k' }, aggs: body } }
  expect(failureOf(body).message).toContain('nested deeper than 20')
})

test('a body with too many aggregations is refused', () => {
  const many = Array.from(
    { length: 1_001 },
    (_, at) => [`x${at}`, { avg: { field: 'v' } }] as const,
  )
  expect(failureOf(Object.fromEntries(many)).message).toContain('more than 1000 aggregations')
})

function failureOf(body: JsonRecord): SearchError {
  try {
    parseAggregations(body)
  } catch (failure) {
    if (failure instanceof SearchError) return failure
    throw failure
  }
  throw new Error('was not refused')
}
