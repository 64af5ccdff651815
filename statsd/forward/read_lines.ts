import { isUlid } from '../../core/journal/ulid.ts'
import { messageOf } from '../../core/errors.ts'
import type { BeyondValues, FlushHeader, FlushLine } from './flush_format.ts'

/** What was read of a piece. */
export interface ReadPiece {
  readonly header: FlushHeader
  readonly lines: readonly FlushLine[]
  /** Lines that are none, by their place behind the header, from 0. */
  readonly refused: readonly { readonly index: number; readonly why: string }[]
}

/** Reads a piece; `why` a sentence when its header is none. */
export function readPiece(text: string): ReadPiece | { readonly why: string } {
  const [first = '', ...rest] = text.split('\n')
  const header = headerOf(first)
  if (typeof header === 'string') return { why: header }
  if (rest.at(-1) === '') rest.pop()
  const lines: FlushLine[] = []
  const refused: { index: number; why: string }[] = []
  for (const [index, line] of rest.entries()) {
    const read = lineOf(line)
    if (typeof read === 'string') refused.push({ index, why: read })
    else lines.push(read)
  }
  return { header, lines, refused }
}

type Fields = Readonly<Record<string, unknown>>

function headerOf(line: string): FlushHeader | string {
  const fields = fieldsOf(line)
  if (typeof fields === 'string') return `the first line is no header: ${fields}`
  const { instance, flush, piece } = fields
  if (!isTime(fields['@timestamp'])) return 'the header has no time in @timestamp'
  if (typeof instance !== 'string' || !isUlid(instance)) return 'the header has no ULID in instance'
  if (!isCount(flush) || !isCount(piece)) return 'flush and piece of the header are whole numbers'
  for (const key of ['packets', 'lines', 'bad_lines']) {
    if (fields[key] !== undefined && !isCount(fields[key])) return `${key} is no count`
  }
  return fields as unknown as FlushHeader
}

function lineOf(line: string): FlushLine | string {
  const fields = fieldsOf(line)
  if (typeof fields === 'string') return fields
  const { type, series } = fields
  if (!isTime(fields['@timestamp'])) return 'it has no time in @timestamp'
  if (typeof series !== 'string' || !series.isWellFormed()) return 'it has no name in series'
  const check = typeof type === 'string' && Object.hasOwn(checks, type) ? checks[type] : undefined
  if (!check) return `its type is none of ${Object.keys(checks).join(', ')}`
  const problem = check(fields)
  return problem ?? (fields as unknown as FlushLine)
}

const numbers =
  (...keys: readonly string[]) =>
  (fields: Fields): string | undefined => {
    const wrong = keys.find((key) => !Number.isFinite(fields[key]))
    return wrong === undefined ? undefined : `${wrong} is no number`
  }

/** A count or a weight, bounded so that sums of them stay finite. */
const isAmount = (value: unknown) =>
  Number.isFinite(value) && Number(value) >= 0 && Number(value) <= 1e15
const areAmounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(isAmount)

const amounts =
  (...keys: readonly string[]) =>
  (fields: Fields): string | undefined => {
    const wrong = keys.find((key) => !isAmount(fields[key]))
    return wrong === undefined ? undefined : `${wrong} is no amount from 0 to 1e15`
  }

const timer = (fields: Fields): string | undefined => {
  const { values, weights, beyond } = fields
  if (!areNumbers(values)) return 'values is no list of numbers'
  if (weights !== undefined && (!areAmounts(weights) || weights.length !== values.length)) {
    return 'weights is no list of as many amounts as values'
  }
  if (beyond !== undefined && !isBeyond(beyond)) return 'beyond has no sums, or no sketch'
  return amounts('count', 'up_sampled')(fields)
}

/** What each type has to have. */
const checks: Readonly<Record<string, (fields: Fields) => string | undefined>> = {
  counter: (fields) => numbers('sum')(fields) ?? amounts('count')(fields),
  gauge: (fields) => numbers('last', 'min', 'max', 'sum')(fields) ?? amounts('count')(fields),
  timer,
  histogram: timer,
  distribution: timer,
  set: ({ members, members_base64: others, count }) =>
    areTexts(members) && (others === undefined || areTexts(others)) && isCount(count)
      ? undefined
      : 'members is no list of texts, or count is missing',
  value: (fields) =>
    typeof fields['is_count'] === 'boolean' ? numbers('value')(fields) : 'is_count is missing',
}

function isBeyond(given: unknown): given is BeyondValues {
  if (typeof given !== 'object' || given === null) return false
  const fields = given as Fields
  const problem =
    amounts('count', 'weight')(fields) ?? numbers('sum', 'sum_squares', 'min', 'max')(fields)
  const { sketch } = fields
  if (problem !== undefined || typeof sketch !== 'object' || sketch === null) return false
  const { zero, positive, negative } = sketch as Fields
  return isAmount(zero) && [positive, negative].every(areBuckets)
}

function areBuckets(given: unknown): boolean {
  if (given === undefined) return true
  if (typeof given !== 'object' || given === null) return false
  const { offset, counts } = given as Fields
  // A double has buckets from about -37,000 to 36,000.
  return Number.isSafeInteger(offset) && Math.abs(Number(offset)) < 1e5 && areAmounts(counts)
}

function fieldsOf(line: string): Fields | string {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
    return 'it is no JSON object'
  } catch (failure) {
    return messageOf(failure)
  }
}

const isTime = (value: unknown) =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  Date.parse(value) > 0
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
const areNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => Number.isFinite(each))
const areTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string' && each.isWellFormed())
