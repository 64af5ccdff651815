import { setOwn } from '../../core/json.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { Findings } from './findings.ts'
import { isEmpty, isRecord } from './reading.ts'
import type { Raw } from './reading.ts'

interface Room {
  left: number
}

/** Of the text in whose place a container that is nested too deep stands; JavaScript's SDK uses the same. */
const deepList = '[Array]'
const deepObject = '[Object]'

/**
 * Free-form JSON within bounds: containers nested deeper than `maxDepth` are named, not kept; what does not fit
 * into `maxSize` bytes (about those of its JSON) is cut, in the order in which it came. The value is given away:
 * what needs no change is not copied.
 *
 * @returns undefined when there is nothing, or no room for anything
 */
export function bag(
  findings: Findings,
  key: string | number,
  value: Raw,
  maxDepth: number,
  maxSize: number,
): JsonValue | undefined {
  if (value === undefined || value === null) return undefined
  return fitted(findings, key, value, maxDepth, { left: maxSize })
}

/** As `bag`, of an object; anything else is a finding. Absent when empty. */
export function objectBag(
  findings: Findings,
  record: JsonRecord,
  key: string,
  maxDepth: number,
  maxSize: number,
): JsonRecord | undefined {
  const value = record[key]
  if (isEmpty(value)) return undefined
  if (!isRecord(value)) {
    findings.invalid(key, value, 'an object')
    return undefined
  }
  const kept = bag(findings, key, value, maxDepth, maxSize) as JsonRecord | undefined
  return isEmpty(kept) ? undefined : kept
}

function fitted(
  findings: Findings,
  key: string | number,
  value: JsonValue,
  depth: number,
  room: Room,
): JsonValue | undefined {
  if (typeof value === 'string') return fittedText(findings, key, value, room)
  if (typeof value !== 'object' || value === null) {
    room.left -= 5
    if (room.left < 0) return dropped(findings, key)
    return typeof value === 'number' && !Number.isFinite(value) ? null : value
  }
  if (depth === 0) {
    findings.marks.remark(key, ['!limit', 's'])
    return fittedText(findings, key, Array.isArray(value) ? deepList : deepObject, room)
  }
  room.left -= 2
  if (room.left < 0) return dropped(findings, key)
  findings.enter(key)
  const kept = Array.isArray(value)
    ? fittedList(findings, value, depth - 1, room)
    : fittedObject(findings, value, depth - 1, room)
  findings.leave()
  const length = lengthOf(value)
  if (kept !== value && lengthOf(kept) < length) findings.marks.remark(key, undefined, length)
  return kept
}

function lengthOf(value: JsonValue[] | JsonRecord): number {
  return Array.isArray(value) ? value.length : Object.keys(value).length
}

function dropped(findings: Findings, key: string | number): undefined {
  findings.marks.remark(key, ['!limit', 'x'])
}

/** Shorter than this a rest of a text says nothing. */
const leastRest = 16

function fittedText(
  findings: Findings,
  key: string | number,
  text: string,
  room: Room,
): string | undefined {
  const size = text.length + 2
  if (size <= room.left) {
    room.left -= size
    return text.isWellFormed() ? text : text.toWellFormed()
  }
  if (room.left < leastRest) {
    room.left = 0
    return dropped(findings, key)
  }
  const short = findings.cut(key, text, room.left - 2)
  room.left = 0
  return short
}

function fittedList(findings: Findings, list: JsonValue[], depth: number, room: Room): JsonValue[] {
  let copy: JsonValue[] | undefined
  for (let index = 0; index < list.length; index++) {
    const value = list[index]!
    const kept = fitted(findings, index, value, depth, room)
    if (kept === undefined) return copy ?? list.slice(0, index)
    if (copy === undefined && kept !== value) copy = list.slice(0, index)
    copy?.push(kept)
  }
  return copy ?? list
}

function fittedObject(
  findings: Findings,
  record: JsonRecord,
  depth: number,
  room: Room,
): JsonRecord {
  const keys = Object.keys(record)
  let copy: JsonRecord | undefined
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!
    const value = record[key]!
    room.left -= key.length + 3
    const kept = room.left < 0 ? dropped(findings, key) : fitted(findings, key, value, depth, room)
    if (kept === undefined) return copy ?? firstOf(record, keys, index)
    const clean = key.isWellFormed()
    if (copy === undefined && (kept !== value || !clean)) copy = firstOf(record, keys, index)
    if (copy !== undefined) setOwn(copy, clean ? key : key.toWellFormed(), kept)
  }
  return copy ?? record
}

function firstOf(record: JsonRecord, keys: readonly string[], count: number): JsonRecord {
  const copy: JsonRecord = {}
  for (let index = 0; index < count; index++) setOwn(copy, keys[index]!, record[keys[index]!]!)
  return copy
}
