import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Blobs } from '../blobs.ts'
import type { CallWorld } from '../digest/call.ts'

/** Removes files of which no row is left: rows go first, so that none names what is gone. */
export async function deleteBlobs(world: CallWorld, unused: readonly string[]): Promise<void> {
  const folder = join(world.context.dataFolder, 'errors', 'blobs')
  const blobs = new Blobs(folder, () => new Uint8Array())
  for (const blob of unused) await blobs.delete(blob)
}

/** Who remembers where maps are looks again (errors/symbolicate/lookup.ts). */
export function noteChange(database: DatabaseSync): void {
  database.exec(
    `insert into meta (key, value) values ('artifacts', '1') on conflict (key) do update set value = value + 1`,
  )
}
