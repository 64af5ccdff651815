import type { DuckDBConnection } from '@duckdb/node-api'
import type { StoreWorld } from '../segments/segment_store.ts'
import { workFolder } from '../segments/layout.ts'
import { type Sql, sql, verbatim } from '../sql.ts'
import { database } from '../database.ts'
import { checksumOf } from '../segments/checksums.ts'
import { execute, pathLiteral } from '../segments/duckdb.ts'
import { whatIsWrong } from '../segments/file_check.ts'
import type { Found } from '../segments/verify.ts'
import { setUnknownAside } from '../segments/unknown_files.ts'
import { FileRows } from './file_rows.ts'
import { repagePoints } from './point_pages.ts'
import { pointFile, pointManifestPath, pointsFolder } from './layout.ts'
import { freshGroupRows, parquetOptions } from './point_columns.ts'
import {
  type NewPoints,
  type PointChange,
  PointManifest,
  type PointSegment,
} from './point_manifest.ts'

type Lend = <T>(action: (connection: DuckDBConnection) => Promise<T>) => Promise<T>

/** The world of the store, and its DuckDB: for questions, for what makes files of what comes, and files of files. */
export interface PointWorld extends StoreWorld {
  readonly connected: Lend
  readonly sealing: Lend
  readonly merging: Lend
}

const never = new AbortController().signal

/** The files of points in one folder: what the manifest names, written and removed around its changes. */
export class PointStore {
  readonly world: PointWorld
  readonly manifest: PointManifest
  /** What the files have, row by row. */
  readonly rows: FileRows
  /** Segments and how many questions read them. */
  readonly #held = new Map<number, number>()
  /** Files that are no longer in the manifest, by segment. */
  readonly #dead = new Map<number, string>()
  #sweeping = Promise.resolve()

  private constructor(world: PointWorld, manifest: PointManifest, cacheBytes: number) {
    this.world = world
    this.manifest = manifest
    this.rows = new FileRows(world.files, this.pathOf, cacheBytes)
  }

  /**
   * Makes what is missing, and removes what no manifest names.
   *
   * @param cacheBytes what may be remembered of where things are in the files.
   * @param isLook nothing is removed.
   * @throws WeirError when the manifest is damaged or newer.
   */
  static async open(world: PointWorld, cacheBytes: number, isLook = false): Promise<PointStore> {
    const { files, folder } = world
    await files.makeFolder(pointsFolder(folder))
    await files.makeFolder(workFolder(folder))
    await files.syncFolder(folder)
    const path = pointManifestPath(folder)
    const back = 'To have them back, restore it together with its files from a backup'
    await setUnknownAside(world, { manifest: path, top: pointsFolder(folder), back })
    const manifest = new PointManifest(path)
    try {
      const store = new PointStore(world, manifest, cacheBytes)
      if (!isLook) await store.#removeOrphans()
      return store
    } catch (failure) {
      await manifest.close()
      throw failure
    }
  }

  pathOf = ({ file }: Pick<PointSegment, 'file'>) => `${pointsFolder(this.world.folder)}/${file}`

  /**
   * Writes `rows` as a file and syncs it; undefined when there are none. Nothing names it yet.
   *
   * @param groupRows rows that lie together: more of them make a smaller file, and take more memory.
   */
  async write(
    connection: DuckDBConnection,
    rows: Sql,
    wanted: Pick<PointSegment, 'stepMs' | 'period' | 'lastOrder' | 'checkedMs' | 'rules'>,
    groupRows = freshGroupRows,
  ): Promise<NewPoints | undefined> {
    const { files, step } = this.world
    const id = this.manifest.takeId()
    const file = pointFile(id, wanted.stepMs, wanted.period)
    const path = this.pathOf({ file })
    await this.#makeFolderOf(file)
    step('write points')
    const isFresh = wanted.period === undefined
    const options = parquetOptions(isFresh, groupRows)
    const made = isFresh ? path : `${workFolder(this.world.folder)}/points-${id}.parquet`
    try {
      await execute(connection, sql`copy (${rows}) to ${pathLiteral(made)} (${options})`)
      if (!isFresh) await repagePoints(files, made, path)
    } catch (failure) {
      await files.remove(path)
      throw failure
    } finally {
      if (!isFresh) await files.remove(made)
    }
    const [facts] = await database(connection).rows(
      sql`select count(*) as rows, epoch_ms(min(time)) as min, epoch_ms(max(time)) as max from read_parquet(${path})`,
      never,
    )
    if (Number(facts!['rows']) === 0) {
      await files.remove(path)
      return undefined
    }
    step('sync points')
    const handle = await files.open(path, 'r+')
    await handle.datasync().finally(() => handle.close())
    await files.syncFolder(path.slice(0, path.lastIndexOf('/')))
    return {
      ...wanted,
      id,
      file,
      minMs: Number(facts!['min']),
      maxMs: Number(facts!['max']),
      rows: Number(facts!['rows']),
      bytes: (await files.size(path)) ?? 0,
      checksum: await checksumOf(files, path),
    }
  }

  /** Commits to the manifest, then removes the files that it no longer names. */
  async commit(change: PointChange): Promise<void> {
    const gone = (change.remove ?? []).flatMap((id) => this.manifest.segments.get(id) ?? [])
    await this.manifest.commit(change)
    for (const { id, file } of gone) this.#dead.set(id, file)
    await this.sweep()
  }

  /** Removes files that were written and are not to be. */
  async discard(segments: readonly PointSegment[]): Promise<void> {
    for (const { id, file } of segments) this.#dead.set(id, file)
    await this.sweep()
  }

  /** The files stay on disk until the function that it returns is called. */
  hold(segments: readonly PointSegment[]): () => void {
    for (const { id } of segments) this.#held.set(id, (this.#held.get(id) ?? 0) + 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      for (const { id } of segments) {
        const left = this.#held.get(id)! - 1
        if (left > 0) this.#held.set(id, left)
        else this.#held.delete(id)
      }
      if (this.#dead.size > 0) void this.sweep()
    }
  }

  /** Takes a file that cannot be read out of the store. What is left of it stays where it is. */
  async setAside(segment: PointSegment, reason: string): Promise<void> {
    const { notice, clock, count } = this.world
    if (!this.manifest.segments.has(segment.id)) return
    await this.manifest.commit({ damaged: [{ id: segment.id, reason, foundMs: clock.now() }] })
    const about = { rows: segment.rows }
    notice('error', `points/${segment.file} cannot be read and is set aside: ${reason}`, about)
    count('corrupt', segment.rows)
  }

  /** Reads every value of every file. @returns what was damaged, and is set aside now. */
  async verify(deadline: AbortSignal): Promise<{ verified: number; damaged: Found[] }> {
    const damaged: Found[] = []
    const segments = [...this.manifest.segments.values()]
    for (const segment of segments) {
      const reason = await this.#whatIsWrong(segment, deadline)
      deadline.throwIfAborted()
      if (reason === undefined || !this.manifest.segments.has(segment.id)) continue
      await this.setAside(segment, reason)
      damaged.push({ file: `points/${segment.file}`, rows: segment.rows, reason })
    }
    return { verified: segments.length, damaged }
  }

  /** Removes the files that are gone and that no question reads. */
  sweep(): Promise<void> {
    const sweep = async () => {
      for (const [id, file] of this.#dead) {
        if (this.#held.has(id)) continue
        this.world.step('remove points')
        await this.world.files.remove(this.pathOf({ file }))
        this.#dead.delete(id)
      }
    }
    const swept = this.#sweeping.then(sweep)
    this.#sweeping = swept.catch(() => undefined)
    return swept.catch((failure: unknown) => {
      this.world.notice('warn', 'files of old points cannot be removed for now', {
        failure: String(failure),
      })
    })
  }

  async close(): Promise<void> {
    await this.#sweeping
    await this.manifest.close()
  }

  async #whatIsWrong(segment: PointSegment, deadline: AbortSignal): Promise<string | undefined> {
    const release = this.hold([segment])
    const file = {
      path: this.pathOf(segment),
      rows: segment.rows,
      checksum: this.manifest.checksum(segment.id),
      values: verbatim('max(hash(columns(*)))'),
    }
    return await whatIsWrong(this.world, file, deadline).finally(release)
  }

  async #makeFolderOf(file: string): Promise<void> {
    const { files, folder } = this.world
    let path = pointsFolder(folder)
    for (const name of file.split('/').slice(0, -1)) {
      const parent = path
      path = `${path}/${name}`
      if ((await files.size(path)) !== undefined) continue
      await files.makeFolder(path)
      await files.syncFolder(parent)
    }
  }

  /** What a crash left. */
  async #removeOrphans(): Promise<void> {
    const { files, folder, notice } = this.world
    const kept = [...this.manifest.segments.values(), ...this.manifest.damaged()]
    const named = new Set(kept.map(({ file }) => file))
    let removed = 0
    const top = pointsFolder(folder)
    for (const step of await files.list(top)) {
      const periods = step === 'fresh' ? [''] : await files.list(`${top}/${step}`)
      for (const period of periods) {
        const parent = period === '' ? step : `${step}/${period}`
        for (const name of await files.list(`${top}/${parent}`)) {
          if (named.has(`${parent}/${name}`)) continue
          await files.remove(`${top}/${parent}/${name}`)
          removed += 1
        }
      }
    }
    if (removed > 0)
      notice('info', 'removed what an interrupted write of points left', { files: removed })
  }
}
