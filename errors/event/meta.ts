import { setOwn } from '../../core/json.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { maxKey, maxRemarks } from './marks.ts'
import { isEmpty, isRecord } from './reading.ts'
import type { Raw } from './reading.ts'

const maxDepth = 20
const maxNodes = 16_000

/**
 * The marks that an SDK sent: what it cut or removed, and why. What has another shape than
 * `{'': {len, rem, err}}` is left out, the values as they were before (`val`) among it.
 */
export function readMeta(raw: Raw): JsonRecord | undefined {
  if (!isRecord(raw)) return undefined
  return readNode(raw, maxDepth, { nodes: maxNodes })
}

function readNode(raw: JsonRecord, depth: number, left: { nodes: number }): JsonRecord | undefined {
  if (depth === 0) return undefined
  let node: JsonRecord | undefined
  for (const key of Object.keys(raw)) {
    const value = raw[key]
    if (!isRecord(value) || key.length > maxKey || left.nodes-- <= 0) continue
    const child = key === '' ? readMark(value) : readNode(value, depth - 1, left)
    if (child === undefined) continue
    node ??= {}
    setOwn(node, key.toWellFormed(), child)
  }
  return node
}

function readMark(raw: JsonRecord): JsonRecord | undefined {
  const mark: JsonRecord = {}
  const { len, rem, err } = raw
  if (typeof len === 'number') mark['len'] = len
  if (Array.isArray(rem)) {
    const remarks = rem.slice(0, maxRemarks).filter((one) => Array.isArray(one)) as JsonValue[][]
    const kept = remarks.map((one) => one.slice(0, 4).filter(isShort))
    if (kept.length > 0) mark['rem'] = kept
  }
  if (Array.isArray(err)) {
    const kept = err.slice(0, 16).map((one) => (Array.isArray(one) ? (one[0] ?? null) : one))
    mark['err'] = kept.filter((one) => typeof one === 'string' && one.length <= 64)
  }
  return isEmpty(mark) ? undefined : mark
}

const isShort = (value: JsonValue): boolean =>
  typeof value === 'number' || (typeof value === 'string' && value.length <= 128)
