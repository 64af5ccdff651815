import { isExactNumber, parseExact } from '../../../core/exact_json.ts'
import type { JsonRecord, JsonValue } from '../../../store/search.ts'
import type { Case } from './case.ts'

export interface Answer {
  readonly status: number
  readonly body: JsonRecord
}

/** Sends a case to the API at `url`. */
export async function answerOf(url: string, given: Case): Promise<Answer> {
  const { of, path = '_search', method = 'POST', body } = given
  const [text, type] = Array.isArray(body)
    ? [body.map((line) => `${JSON.stringify(line)}\n`).join(''), 'application/x-ndjson']
    : [body && JSON.stringify(body), 'application/json']
  const response = await fetch(`${url}/${of}${of && '/'}${path}`, {
    method,
    ...(text !== undefined && { body: text, headers: { 'content-type': type } }),
  })
  const answer = await response.text()
  const parsed = answer.startsWith('{') ? (parseExact(answer) as JsonRecord) : { answer }
  return { status: response.status, body: parsed }
}

/** What has to be the same: without times, shards and scores. Of a refusal, that it is one. */
export function comparable({ status, body }: Answer): JsonValue {
  // What a body is called that cannot be read or means nothing depends on flavour and version, and some
  // of it the servers take for a mistake of their own (500).
  if (status === 400 || status === 500) return 'refused'
  if (typeof body.error === 'object') return { status, type: (body.error as JsonRecord).type! }
  if (Array.isArray(body.responses)) {
    return body.responses.map((each) => {
      const one = each as JsonRecord
      return comparable({ status: Number(one.status), body: one })
    })
  }
  return { status, ...(plain(without(body, ownOfServer)) as JsonRecord) }
}

/** Whether the peer is without the module: those from Maven are not whole. */
export function isLacking({ body }: Answer): boolean {
  const text = JSON.stringify(body.error ?? body.responses ?? '')
  return /Unknown aggregation type|script_lang not supported|unknown highlighter/.test(text)
}

const ownOfServer = 'took timed_out _shards num_reduce_phases status terminated_early'.split(' ')
const ownOfHit = [
  '_score',
  'max_score',
  '_type',
  '_version',
  '_seq_no',
  '_primary_term',
  '_ignored',
  'ignored_field_values',
]

const without = (value: JsonRecord, names: readonly string[]): JsonRecord =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))

/** In these, numbers are compared as they are written: all of them, and whole ones of many digits. */
const asWritten: Readonly<Record<string, RegExp>> = {
  _source: /^/,
  sort: /^-?\d{16,19}$/,
  key: /^-?\d{16,19}$/,
  after_key: /^-?\d{16,19}$/,
}

/** Numbers to 10 digits: sums of fractions are added in another order. @param written those that are kept */
function plain(value: JsonValue, written = /^$/): JsonValue {
  if (typeof value === 'number') return Number(value.toPrecision(10))
  if (isExactNumber(value)) {
    return written.test(value.rawJSON) ? value.rawJSON : plain(Number(value.rawJSON))
  }
  if (Array.isArray(value)) return value.map((each) => plain(each, written))
  if (typeof value !== 'object' || value === null) return value
  const { meta, ...rest } = value
  const isEmptyMeta = typeof meta === 'object' && meta !== null && Object.keys(meta).length === 0
  return Object.fromEntries(
    Object.entries(without(isEmptyMeta ? rest : value, ownOfHit)).map(([key, each]) => [
      key,
      // OpenSearch writes the texts of booleans as booleans, Elasticsearch as texts.
      typeof each === 'boolean' && key.endsWith('_as_string')
        ? String(each)
        : shown(key, each, asWritten[key] ?? written),
    ]),
  )
}

/** Weir's `sort` has null where a document has no number, and not the largest one (`missingSortValues`). */
function shown(key: string, value: JsonValue, written: RegExp): JsonValue {
  if (key !== 'sort' || !Array.isArray(value)) return plain(value, written)
  return value.map((each) => (isFarthest(each) ? null : plain(each, written)))
}

const isFarthest = (value: JsonValue) =>
  value === 'Infinity' ||
  value === '-Infinity' ||
  value === 2_147_483_647 ||
  value === -2_147_483_648 ||
  (isExactNumber(value)
    ? Math.abs(Number(value.rawJSON)) >= 2 ** 63
    : typeof value === 'number' && Math.abs(value) >= 2 ** 63)
