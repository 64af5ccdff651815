import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { EventBounds } from './bounds.ts'
import { cleanCut } from './findings.ts'
import type { Findings } from './findings.ts'
import { isEmpty, isRecord, scalar } from './reading.ts'
import type { Raw } from './reading.ts'

type Tag = [key: string, value: string]

/** What Sentry keeps for itself: fields of the event, or made from it. */
const reserved = new Set(['release', 'dist', 'user', 'filename', 'function'])
const allowed = /^[a-zA-Z0-9_.:-]+$/

/** Tags of an object or of a list of pairs; of a name that comes twice the first. */
export function readTags(findings: Findings, value: Raw, bounds: EventBounds): Tag[] {
  if (isEmpty(value)) return []
  if (typeof value !== 'object') {
    findings.invalid('tags', value, 'tags')
    return []
  }
  const tags: Tag[] = []
  const seen = new Set<string>()
  findings.enter('tags')
  for (const [key, raw] of pairsOf(value as JsonRecord | JsonValue[])) {
    const name = readKey(findings, key, raw, bounds)
    if (name === undefined || seen.has(name) || reserved.has(name)) continue
    const read = readValue(findings, name, raw, bounds)
    if (read === undefined) continue
    if (tags.length === bounds.max_tags) {
      findings.wrong('value_too_long', name, undefined, `more than ${bounds.max_tags} tags`)
      break
    }
    seen.add(name)
    tags.push([name, read])
  }
  findings.leave()
  return tags
}

/** Entries of an object, or a list of pairs, of `{key, value}` or of single-entry objects. */
function* pairsOf(value: JsonRecord | JsonValue[]): Generator<readonly [Raw, Raw]> {
  if (!Array.isArray(value)) {
    for (const key in value) if (Object.hasOwn(value, key)) yield [key, value[key]]
    return
  }
  for (const pair of value) {
    if (Array.isArray(pair)) yield [pair[0], pair[1]]
    else if (isRecord(pair)) {
      if (Object.hasOwn(pair, 'key')) yield [pair['key'], pair['value']]
      else yield* pairsOf(pair)
    }
  }
}

function readKey(
  findings: Findings,
  key: Raw,
  value: Raw,
  bounds: EventBounds,
): string | undefined {
  if (typeof key === 'number') return String(key)
  if (typeof key !== 'string') {
    if (key !== null && key !== undefined) findings.invalid('0', key, 'the name of a tag')
    return undefined
  }
  const name = allowed.test(key) ? key : key.slice(0, 1_024).trim().replaceAll(' ', '-')
  if (name.length > bounds.max_tag_key) {
    const shown = cleanCut(name, bounds.max_tag_key)
    findings.wrong('value_too_long', shown, undefined, `name of more than ${bounds.max_tag_key}`)
    return undefined
  }
  if (allowed.test(name)) return name
  if (name !== '') {
    findings.invalid(name.toWellFormed(), value, 'a name of a-z A-Z 0-9 _ . : -')
  }
  return undefined
}

function readValue(
  findings: Findings,
  key: string,
  value: Raw,
  bounds: EventBounds,
): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return scalar(value)
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') {
    findings.invalid(key, undefined, 'a string')
    return undefined
  }
  let read =
    value.length > bounds.max_tag_value * 4 ? value.slice(0, bounds.max_tag_value * 4) : value
  if (/[\r\n]/.test(read)) {
    findings.invalid(key, value, 'one line')
    read = read.replaceAll(/[\r\n]+/g, ' ')
  }
  read = read.trim().toWellFormed()
  if (read === '') return undefined
  if (read.length <= bounds.max_tag_value) return read
  findings.wrong('value_too_long', key, undefined, `more than ${bounds.max_tag_value} characters`)
  return findings.cut(key, read, bounds.max_tag_value).trimEnd()
}
