import type { Position } from '../core/journal/batch.ts'
import { familyOf, shardOf } from './inputs/tail/names.ts'

/** The partition of the journal that a worker writes. */
export const workerPartition = (index: number) => `collector-${index}`

/** Whether a partition is, or was, that of a worker. */
export const isWorkerPartition = (name: string) => /^collector-\d+$/.test(name)

/** Whether a source is one of an input, by its key. */
export const isOfInput = (source: string) => source.startsWith('input.')

/**
 * Which of `count` workers a source belongs to. The tail input gives a file and its rotated copies to one
 * worker by their common name, and a position goes by the same rule, so that it is where its file is read,
 * whatever `count` was before.
 */
export function ownerOfPosition(position: Position, count: number): number {
  return shardOf(familyOf(String(position['path'])), count)
}
