import { setImmediate } from 'node:timers/promises'
import { pointTypes } from '../../points.ts'
import { tagsOfSeries } from '../../series.ts'
import type { PointManifest } from './point_manifest.ts'
import type { LearntSeries } from './seen_series.ts'

/** Series written without letting anybody else have a turn. */
const sliceSeries = 2_000

interface Known {
  readonly id: number
  readonly first_ms: number
  readonly last_ms: number
  readonly interval_ms: number
}

/** Writes what was learnt of series into the catalogue, in the transaction that is under way. */
export class CatalogueWriter {
  readonly #manifest: PointManifest
  readonly #seriesMax: number
  readonly #onFull: (series: number) => void
  #count: number

  /** @param onFull called when so many series are not written, because there are `seriesMax`. */
  constructor(manifest: PointManifest, seriesMax: number, onFull: (series: number) => void) {
    this.#manifest = manifest
    this.#seriesMax = seriesMax
    this.#onFull = onFull
    this.#count = this.#counted()
  }

  async write(learnt: Iterable<LearntSeries>): Promise<void> {
    let [place, beyond] = [0, 0]
    for (const each of learnt) {
      if (!this.#write(each)) beyond += 1
      if (++place % sliceSeries === 0) await setImmediate()
    }
    if (beyond > 0) this.#onFull(beyond)
  }

  /** What was written is not there after all. */
  rolledBack(): void {
    this.#count = this.#counted()
  }

  /** Forgets series that were last seen before a time. */
  async forget(beforeMs: number): Promise<void> {
    const { database } = this.#manifest
    await this.#manifest.commit({
      also: async () => {
        const gone = database.prepare('select id, series from series where last_ms < ?')
        const untag = database.prepare(
          'delete from tags where key = ? and value = ? and series = ?',
        )
        const remove = database.prepare('delete from series where id = ?')
        for (const { id, series } of gone.all(beforeMs)) {
          for (const [key, value] of Object.entries(tagsOfSeries(series as string)))
            untag.run(key, value, id!)
          remove.run(id!)
        }
        await Promise.resolve()
      },
    })
    this.rolledBack()
  }

  #write({ series, type, firstMs, lastMs, intervalMs }: LearntSeries): boolean {
    const manifest = this.#manifest
    const number = pointTypes.indexOf(type)
    const known = manifest
      .statement(
        'select id, first_ms, last_ms, interval_ms from series where type = ? and series = ?',
      )
      .get(number, series) as unknown as Known | undefined
    if (known) {
      manifest
        .statement('update series set first_ms = ?, last_ms = ?, interval_ms = ? where id = ?')
        .run(
          Math.min(known.first_ms, firstMs),
          Math.max(known.last_ms, lastMs),
          intervalMs || known.interval_ms,
          known.id,
        )
      return true
    }
    if (this.#count >= this.#seriesMax) return false
    this.#count += 1
    const { lastInsertRowid: id } = manifest
      .statement(
        'insert into series (type, series, first_ms, last_ms, interval_ms) values (?, ?, ?, ?, ?)',
      )
      .run(number, series, firstMs, lastMs, intervalMs)
    if (!series.includes(';')) return true
    const tag = manifest.statement('insert or ignore into tags values (?, ?, ?)')
    for (const [key, value] of Object.entries(tagsOfSeries(series))) {
      if (key !== 'name') tag.run(key, value, id)
    }
    return true
  }

  #counted(): number {
    return Number(this.#manifest.statement('select count(*) as n from series').get()!['n'])
  }
}
