import { isDiskFailure } from '../core/disk_failure.ts'
import { WeirError } from '../core/errors.ts'
import type { Files } from '../core/files.ts'
import type { Position } from '../core/journal/batch.ts'
import { isUlid, ulidMinter } from '../core/journal/ulid.ts'

/** Who a data folder's metrics are from, and which numbers its flushes have had. */
export interface Instance {
  /** A ULID, never changed once it is made. */
  readonly id: string
  /** No flush of this instance has had this number or a greater one. */
  readonly nextFlush: number
}

/** Flush numbers that are put aside at once, so that not every flush writes the file. */
export const reservedFlushes = 100

const pathOf = (dataFolder: string) => `${dataFolder}/statsd/instance.json`

/** What the journal remembers the newest flush under, written with it. */
export const flushPosition = 'statsd'

/**
 * The instance of a data folder; makes it where there is none.
 *
 * @param last the newest flush that the journal knows; it says the next number more closely than the file.
 * @throws WeirError WEIR_DATA_UNUSABLE when the file is not what was written.
 */
export async function openInstance(
  dataFolder: string,
  last: Position | undefined,
  world: {
    readonly files: Files
    readonly now: () => number
    readonly randomBytes: (count: number) => Uint8Array
  },
): Promise<Instance> {
  const { files, now, randomBytes } = world
  const text = await files.readText(pathOf(dataFolder))
  if (text === undefined) {
    const made = { id: ulidMinter(now, randomBytes)(), nextFlush: 1 }
    await files.makeFolder(`${dataFolder}/statsd`)
    await files.syncFolder(dataFolder)
    await reserveFlushes(dataFolder, made, files)
    return made
  }
  const saved = readInstance(text, pathOf(dataFolder))
  const isKnown = last?.['instance'] === saved.id
  const instance = isKnown ? { id: saved.id, nextFlush: Number(last['flush']) + 1 } : saved
  await reserveFlushes(dataFolder, instance, files).catch((failure: unknown) => {
    // The file has the identity; its numbers only matter where the journal is lost too.
    if (!isDiskFailure(failure)) throw failure
  })
  return instance
}

/** Makes durable that flushes from `nextFlush` on, `reservedFlushes` of them, may have been made. */
export async function reserveFlushes(
  dataFolder: string,
  { id, nextFlush }: Instance,
  files: Files,
): Promise<void> {
  const saved = { instance: id, next_flush: nextFlush + reservedFlushes }
  await files.replace(pathOf(dataFolder), `${JSON.stringify(saved)}\n`)
}

function readInstance(text: string, path: string): Instance {
  try {
    const { instance, next_flush: nextFlush } = JSON.parse(text) as Record<string, unknown>
    if (typeof instance === 'string' && isUlid(instance) && Number.isSafeInteger(nextFlush)) {
      return { id: instance, nextFlush: nextFlush as number }
    }
  } catch {
    // Told below.
  }
  const advice = 'restore it from a backup, or move it away to begin as a new instance'
  throw new WeirError('WEIR_DATA_UNUSABLE', `${path} is damaged: ${advice}`)
}
