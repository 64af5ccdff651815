import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { messageOf } from '../../../core/errors.ts'
import type { Clock } from '../../../core/clock.ts'
import type { Files } from '../../../core/files.ts'
import type { Reason } from '../../../core/reasons.ts'
import { Connections } from './connections.ts'
import { type EngineLimits, openDuckDB } from './duckdb.ts'
import { manifestPath, mixedFolder, segmentsFolder, wordsFile, workFolder } from './layout.ts'
import { Manifest } from './manifest.ts'
import type { Change } from './manifest_change.ts'
import { isManifestMade } from './manifest_file.ts'
import { highestSeqs, type NewSegment, type Segment } from './segment.ts'
import { Reading } from './reading.ts'
import { RememberedFooters } from './remembered_footers.ts'
import { SourceReader } from './source_reader.ts'
import { highestIdIn, setUnknownAside } from './unknown_files.ts'
import { WordFilters } from './word_filters.ts'

export interface StoreWorld {
  readonly files: Files
  readonly clock: Clock
  /** `<data_dir>/store`, absolute. */
  readonly folder: string
  readonly notice: (level: 'info' | 'warn' | 'error', message: string, about?: object) => void
  readonly count: (reason: Reason, events: number) => void
  /** Called before each step that a crash may come between; tests throw from it. */
  readonly step: (name: string) => void
}

const wordsMemoryMax = 64_000_000
/**
 * Shares of DuckDB's memory. Each has a DuckDB of its own: two in one take each other's, and it is the smaller that
 * fails. What is left is for questions.
 */
const sealingShare = 0.25
const mergingShare = 0.35
const askingShare = 1 - sealingShare - mergingShare
const spillFolders = (folder: string) =>
  ['spill', 'spill_sealing', 'spill_merging', 'spill_anew'].map(
    (name) => `${workFolder(folder)}/${name}`,
  )

/** The segments of one folder, opened: the manifest, DuckDB over the files, and what questions see of them. */
export class SegmentStore {
  readonly world: StoreWorld
  readonly manifest: Manifest
  readonly reading: Reading
  readonly words: WordFilters
  readonly sources: SourceReader
  readonly #questions: Connections
  readonly #footers: RememberedFooters
  readonly #limits: EngineLimits
  /** Where the DuckDB of questions spills to, and the next one. */
  #spills: readonly [string, string]
  #renewing: Promise<void> | undefined
  readonly #seals: Connections
  readonly #merges: Connections
  /** Files of segments that are no longer in the manifest, by segment. */
  readonly #dead = new Map<number, string>()
  /** Segments from this one on are only for whoever looks. */
  readonly #lookFrom: number | undefined
  #sweeping = Promise.resolve()
  #merging: Promise<unknown> = Promise.resolve()

  private constructor(
    world: StoreWorld,
    manifest: Manifest,
    [questions, seals, merges]: readonly [DuckDBInstance, DuckDBInstance, DuckDBInstance],
    footers: RememberedFooters,
    limits: EngineLimits,
    documentsMax: number,
    isLook: boolean,
  ) {
    this.world = world
    this.manifest = manifest
    this.#lookFrom = isLook ? manifest.takeId() : undefined
    this.#questions = new Connections(questions)
    this.#footers = footers
    this.#limits = limits
    const [spill = '', , , spillAnew = ''] = spillFolders(world.folder)
    this.#spills = [spill, spillAnew]
    this.#seals = new Connections(seals)
    this.#merges = new Connections(merges)
    const folder = segmentsFolder(world.folder)
    this.words = new WordFilters(folder, wordsMemoryMax, ({ file }, why) => {
      world.notice(
        'warn',
        `the token filter of ${file} cannot be read: the segment is searched without`,
        { why },
      )
    })
    const pagesOf = (path: string) => manifest.sourcePages(path.slice(folder.length + 1))
    this.sources = new SourceReader(world.files, pagesOf, documentsMax)
    this.reading = new Reading(manifest, folder, this.words, () => void this.sweep())
  }

  /**
   * Opens the folder, makes what is missing, and removes what no manifest names. One process at a time.
   *
   * @param documentsMax bytes of memory for documents that were answered before
   * @param isLook when it is closed, everything is as it was.
   * @throws WeirError when the manifest is damaged or newer.
   */
  static async open(
    world: StoreWorld,
    limits: EngineLimits,
    documentsMax: number,
    isLook = false,
  ): Promise<SegmentStore> {
    const { files, folder } = world
    for (const each of [folder, segmentsFolder(folder), workFolder(folder)]) {
      await files.makeFolder(each)
    }
    await files.syncFolder(folder)
    const path = manifestPath(folder)
    const back = '"weir store adopt" takes their events and documents back'
    await setUnknownAside(world, { manifest: path, top: segmentsFolder(folder), back }, isLook)
    // One that a look made would count at the next start, and its files would not.
    const isLost = !isManifestMade(path)
    const manifest = new Manifest(isLost && isLook ? ':memory:' : path, isLook)
    try {
      if (isLost) manifest.leaveIds(highestIdIn(segmentsFolder(folder)))
      if (!isLook) await removeOrphans(world, manifest)
      const { memory } = limits
      const footers = new RememberedFooters(manifest.segments.values())
      const [sealing, merging] = [memory * sealingShare, memory * mergingShare]
      const [asked = '', sealed = '', merged = ''] = spillFolders(folder)
      const instances = await Promise.all([
        openForQuestions(folder, asked, limits, footers),
        // A second thread of one COPY costs as much again as it gains.
        openDuckDB(folder, sealed, { memory: sealing, threads: 1 }),
        openDuckDB(folder, merged, { memory: merging, threads: 1 }),
      ])
      return new SegmentStore(world, manifest, instances, footers, limits, documentsMax, isLook)
    } catch (failure) {
      manifest.close()
      throw failure
    }
  }

  /** Whether everything is as it was when it is closed. */
  get isLook(): boolean {
    return this.#lookFrom !== undefined
  }

  /** Runs `action`, which only reads, with a connection of its own. */
  connected<T>(action: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    if (this.#footers.isOver(this.manifest.segments.values())) this.#renewing ??= this.#renew()
    return this.#questions.lent(action)
  }

  /** Has questions asked of a DuckDB that remembers nothing yet. */
  async #renew(): Promise<void> {
    const [before, next] = this.#spills
    try {
      const { folder } = this.world
      this.#questions.replace(await openForQuestions(folder, next, this.#limits, this.#footers))
      this.#spills = [next, before]
    } catch (failure) {
      const why = messageOf(failure)
      this.world.notice('warn', 'DuckDB goes on with what it remembers', { why })
    } finally {
      this.#renewing = undefined
    }
  }

  /** Runs `action`, which makes files of what comes, with a connection of its own: nothing else takes its memory. */
  sealing<T>(action: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#seals.lent(action)
  }

  /** Runs `action`, which makes files of files, with a connection of its own, one at a time. */
  merging<T>(action: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const done = this.#merging.then(() => this.#merges.lent(action))
    this.#merging = done.catch(() => undefined)
    return done
  }

  /** Commits to the manifest, then removes the files that it no longer names. */
  async commit(change: Change): Promise<void> {
    const { segments, aside } = this.manifest
    const gone = (change.remove ?? []).flatMap((id) => segments.get(id) ?? aside.get(id) ?? [])
    this.manifest.commit(change, this.world.clock.now())
    this.#footers.added(change.add ?? [])
    for (const { id, file } of gone) this.#dead.set(id, file)
    await this.sweep()
  }

  /** Forgets files that were set aside, and removes what is left of them. */
  async forgetDamaged(files: readonly string[]): Promise<void> {
    const gone = [...this.manifest.aside.values()].filter(({ file }) => files.includes(file))
    const taken = highestSeqs(gone.flatMap(({ parts }) => parts))
    this.manifest.commit({ forget: files, taken }, this.world.clock.now())
    for (const file of files) {
      const path = `${segmentsFolder(this.world.folder)}/${file}`
      await this.world.files.remove(path)
      await this.world.files.remove(wordsFile(path))
    }
  }

  /** Removes segments that were written and are not to be. */
  async discard(segments: readonly Pick<NewSegment, 'id' | 'file'>[]): Promise<void> {
    for (const { id, file } of segments) this.#dead.set(id, file)
    await this.sweep()
  }

  /** Takes a segment that cannot be read out of the store. What is left of its files stays where it is. */
  setAside(segment: Segment, reason: string): void {
    const { notice, clock, count } = this.world
    if (!this.manifest.segments.has(segment.id)) return
    this.manifest.commit({ damaged: [{ id: segment.id, reason }] }, clock.now())
    notice('error', `segment ${segment.file} cannot be read and is set aside: ${reason}`, {
      rows: segment.rows,
    })
    count('corrupt', segment.rows)
  }

  /** Has a segment that was set aside, and is whole, found again. */
  takeBack(segment: Segment): void {
    const { notice, clock } = this.world
    if (!this.manifest.aside.has(segment.id)) return
    this.manifest.commit({ back: [segment] }, clock.now())
    this.words.forget(segment)
    this.#footers.added([segment])
    const { file, rows } = segment
    notice('info', `segment ${file} can be read again: its rows are found again`, { rows })
  }

  /**
   * Hides all rows that a stream has now, and its documents up to `throughSeq`, whenever they come. Segments of
   * it alone go at once, the others when they are merged.
   */
  async deleteStream(stream: string, throughSeq: number): Promise<void> {
    const segments = [...this.manifest.segments.values(), ...this.manifest.aside.values()]
    const remove = segments.filter(({ parts }) =>
      parts.every((part) => part.stream === stream && (part.maxSeq ?? 0) <= throughSeq),
    )
    const segment = Math.max(0, ...segments.map(({ id }) => id))
    this.world.step('delete stream')
    await this.commit({
      remove: remove.map(({ id }) => id),
      gone: { stream, segment, seq: throughSeq },
    })
  }

  /** Removes the files of segments that are gone and that no question reads. */
  sweep(): Promise<void> {
    const sweep = async () => {
      const { files, folder, step } = this.world
      for (const [id, file] of this.#dead) {
        if (this.reading.isHeld(id)) continue
        step('remove segment')
        const path = `${segmentsFolder(folder)}/${file}`
        await files.remove(path)
        await files.remove(wordsFile(path))
        this.#dead.delete(id)
      }
    }
    const swept = this.#sweeping.then(sweep)
    this.#sweeping = swept.catch(() => undefined)
    return swept.catch((failure: unknown) => {
      this.world.notice('warn', 'files of old segments cannot be removed for now', {
        failure: String(failure),
      })
    })
  }

  async close(): Promise<void> {
    const { manifest } = this
    const from = this.#lookFrom ?? Infinity
    await this.discard([...manifest.segments.values()].filter(({ id }) => id >= from))
    await this.#sweeping
    await this.#renewing
    this.#questions.close()
    this.#seals.close()
    this.#merges.close()
    this.manifest.close()
  }
}

function openForQuestions(
  folder: string,
  spill: string,
  { memory, threads }: EngineLimits,
  { isOn }: RememberedFooters,
): Promise<DuckDBInstance> {
  const limits = { memory: memory * askingShare, threads, remembersFooters: isOn }
  return openDuckDB(folder, spill, limits)
}

/** What a crash left: files without a row in the manifest, and what was being made. */
async function removeOrphans(
  { files, folder, notice }: StoreWorld,
  manifest: Manifest,
): Promise<void> {
  for (const name of await files.list(workFolder(folder))) {
    if (!name.startsWith('spill')) await files.remove(`${workFolder(folder)}/${name}`)
  }
  for (const spill of spillFolders(folder)) {
    for (const name of await files.list(spill)) await files.remove(`${spill}/${name}`)
  }
  const kept = [...manifest.segments.values(), ...manifest.damaged()]
  const named = new Set(kept.flatMap(({ file }) => [file, wordsFile(file)]))
  let removed = 0
  for (const stream of await files.list(segmentsFolder(folder))) {
    const days =
      stream === mixedFolder ? [''] : await files.list(`${segmentsFolder(folder)}/${stream}`)
    for (const day of days) {
      const parent = day === '' ? stream : `${stream}/${day}`
      for (const name of await files.list(`${segmentsFolder(folder)}/${parent}`)) {
        if (named.has(`${parent}/${name}`)) continue
        await files.remove(`${segmentsFolder(folder)}/${parent}/${name}`)
        removed += 1
      }
    }
  }
  if (removed > 0)
    notice('info', 'removed what an interrupted seal or merge left', { files: removed })
}
