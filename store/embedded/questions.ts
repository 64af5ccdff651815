import type { Clock } from '../../core/clock.ts'
import type { Catalogue } from '../catalogue.ts'
import type { SearchLimits } from '../query/limits.ts'
import type { JsonRecord, JsonValue } from '../search.ts'
import type { Answerer, Answering } from './answerer.ts'
import { database } from './database.ts'
import type { Memory } from './memory.ts'
import type { MetricsProcess } from './metrics/metrics_process.ts'
import type { Question } from './protocol.ts'
import type { Sealer } from './sealer.ts'
import { adoptSegments } from './segments/adoption.ts'
import { damagedAmong, type Found, verifySegments } from './segments/verify.ts'
import type { Maintenance } from './segments/maintenance.ts'
import type { SegmentStore } from './segments/segment_store.ts'
import type { ReturnedFiles } from './segments/returned_files.ts'
import { storeStatistics } from './segments/statistics.ts'
import { documentsById, goneOf } from './stored_documents.ts'

export interface Parts {
  readonly store: SegmentStore
  readonly sealer: Sealer
  readonly maintenance: Maintenance
  readonly returned: ReturnedFiles
  readonly metrics: MetricsProcess
  readonly answerer: Answerer
  readonly memory: Memory
  readonly clock: Clock
  readonly limits: SearchLimits
  catalogue: Catalogue
}

/** Answers one question. A segment that turns out damaged is set aside, and the question put once more. */
export async function answer(
  question: Exclude<Question, { kind: 'metrics' }>,
  parts: Parts,
  deadline: AbortSignal,
): Promise<JsonValue | undefined> {
  const { store, sealer, maintenance } = parts
  switch (question.kind) {
    case 'refresh':
      await Promise.all([sealer.refresh(), parts.metrics.refresh()])
      return undefined
    case 'delete_index':
      await sealer.deleteStream(question.name, question.throughSeq)
      return undefined
    case 'streams':
      await parts.returned.takeBack(deadline)
      return store.reading.streams().map(({ name, documents, deleted, bytes, createdMs }) => {
        return { name, documents, deleted, bytes, createdMs }
      })
    case 'statistics':
      await parts.returned.takeBack(deadline)
      return { ...storeStatistics(store), metrics: parts.metrics.statistics() }
    case 'verify':
      return (await verify(parts, deadline)) as unknown as JsonRecord
    case 'adopt':
      return (await adoptSegments(
        store,
        (fill) => sealer.take(fill),
        deadline,
      )) as unknown as JsonRecord
    case 'compact':
      await maintenance.compact(deadline)
      await parts.metrics.maintenance.compact(deadline)
      return undefined
    default:
      return await maintenance.beside(() =>
        parts.memory.share(() => read(question, parts, deadline)),
      )
  }
}

type Reads = Exclude<
  Question,
  {
    kind:
      | 'metrics'
      | 'refresh'
      | 'delete_index'
      | 'streams'
      | 'statistics'
      | 'verify'
      | 'compact'
      | 'adopt'
  }
>

/** What reading every file of the store found. Files are named below `<data_dir>/store`. */
export interface Verified {
  readonly verified: number
  /** Found now. `rows` went with them: none with a token filter, which is removed. */
  readonly damaged: readonly Found[]
  /** Found before. */
  readonly aside: readonly { readonly file: string; readonly reason: string }[]
}

/** Of events and of points. */
async function verify({ store, metrics }: Parts, deadline: AbortSignal): Promise<Verified> {
  const segments = await verifySegments(store, deadline)
  const points = await metrics.store.verify(deadline)
  const found = new Set([...segments.damaged, ...points.damaged].map(({ file }) => file))
  const aside = [
    ...store.manifest.damaged().map(({ file, reason }) => ({ file: `segments/${file}`, reason })),
    ...metrics.store.manifest
      .damaged()
      .map(({ file, reason }) => ({ file: `points/${file}`, reason })),
  ].filter(({ file }) => !found.has(file))
  return {
    verified: segments.verified + points.verified,
    damaged: [...segments.damaged, ...points.damaged],
    aside,
  }
}

async function read(
  question: Reads,
  parts: Parts,
  deadline: AbortSignal,
): Promise<JsonValue | undefined> {
  const { store } = parts
  const attempt = () =>
    store.connected((connection) => {
      const from: Answering = {
        reading: store.reading,
        database: database(connection),
        sources: store.sources,
        catalogue: parts.catalogue,
        limits: parts.limits,
        nowMs: parts.clock.now(),
        deadline,
      }
      return answered(question, parts.answerer, from)
    })
  await parts.returned.takeBack(deadline)
  try {
    return await attempt()
  } catch (failure) {
    const damaged = deadline.aborted ? [] : await damagedAmong(store, failure)
    if (damaged.length === 0) throw failure
    return await attempt()
  }
}

async function answered(
  question: Reads,
  answerer: Answerer,
  from: Answering,
): Promise<JsonValue | undefined> {
  switch (question.kind) {
    case 'search':
      return await answerer.search(question.target, question.request, question.options, from)
    case 'count':
      return await answerer.count(question.target, question.request, question.options, from)
    case 'validate':
      await answerer.validate(question.target, question.request, question.options, from)
      return undefined
    case 'field_caps':
      return await answerer.fieldCaps(question.target, question.patterns, question.options, from)
    case 'terms_enum':
      return [...(await answerer.termsEnum(question.target, question.request, from))]
    case 'mapping':
      return await answerer.mapping(question.index, from)
    case 'documents': {
      const found = await documentsById(question.wanted, from.reading, from.database, from.deadline)
      return found as unknown as JsonRecord[]
    }
    case 'gone': {
      const { index, seqs } = question
      return await goneOf(index, seqs, from.reading, from.database, from.deadline)
    }
  }
}
