import type { Position } from '../core/journal/batch.ts'
import { shardOf } from './inputs/tail/names.ts'

/**
 * Which of `count` workers a source belongs to. A file's position has its device and inode in `id`, and
 * the tail input picks files by the same rule, so a position goes where its file is read, whatever `count`
 * was before.
 */
export function ownerOfPosition(position: Position, count: number): number {
  return shardOf(String(position['id']), count)
}
