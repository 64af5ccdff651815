import type { Position } from '../core/journal/batch.ts'
import { shardOf } from './inputs/tail/names.ts'

/**
 * Which of `count` workers a source belongs to. A file's position names its device and inode, and the tail
 * input picks files by the same rule, so a position goes where its file is read, whatever `count` was before.
 */
export function ownerOfPosition(position: Position, count: number): number {
  return shardOf(`${position['dev']}:${position['ino']}`, count)
}
