import type { Position } from '../core/journal/batch.ts'
import { familyOf, shardOf } from './inputs/tail/names.ts'

/**
 * Which of `count` workers a source belongs to. The tail input gives a file and its rotated copies to one
 * worker by their common name, and a position goes by the same rule, so that it is where its file is read,
 * whatever `count` was before.
 */
export function ownerOfPosition(position: Position, count: number): number {
  return shardOf(familyOf(String(position['path'])), count)
}
