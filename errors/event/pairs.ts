import type { JsonValue } from '../../store/search.ts'
import { isRecord, jsonOf, scalar } from './reading.ts'
import type { Raw } from './reading.ts'

export type Pair = [key: string, value: string | null]

/** Most characters of all names and values, and most of them. */
export interface PairRoom {
  left: number
  count: number
}

/** Pairs of an object or of a list of pairs; undefined when it is neither. Values that are lists are joined. */
export function readPairs(value: Raw, room: PairRoom): Pair[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const pairs: Pair[] = []
  if (isRecord(value)) {
    for (const key of Object.keys(value)) if (!add(pairs, key, value[key], room)) break
    return pairs
  }
  for (const pair of value as JsonValue[]) {
    if (Array.isArray(pair)) {
      if (!add(pairs, pair[0], pair[1], room)) break
    } else if (isRecord(pair)) {
      const inner = readPairs(pair, room)!
      pairs.push(...inner)
    }
  }
  return pairs
}

/** @returns whether there is room for more */
function add(pairs: Pair[], key: Raw, value: Raw, room: PairRoom): boolean {
  if (typeof key !== 'string' && typeof key !== 'number') return true
  return addPair(pairs, String(key), valueOf(value), room)
}

/** @returns whether there is room for more */
export function addPair(pairs: Pair[], key: string, value: string | null, room: PairRoom): boolean {
  const left = room.left - key.length
  if (left < 0 || room.count === 0) return false
  const length = value?.length ?? 0
  room.count--
  room.left = Math.max(0, left - length)
  const short = value === null || length <= left ? value : value.slice(0, left)
  pairs.push([key.toWellFormed(), short === null ? null : short.toWellFormed()])
  return length <= left
}

function valueOf(value: Raw): string | null {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return null
  if (typeof value !== 'object') return scalar(value)
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null)) {
    return value.map((one) => valueOf(one) ?? '').join(',')
  }
  return jsonOf(value) ?? null
}
