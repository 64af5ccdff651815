import type { Arguments, Operations } from '../core/control.ts'
import { messageOf, WeirError } from '../core/errors.ts'
import type { EmbeddedStore } from '../store/embedded_store.ts'
import { metricPointsTag } from '../store/points.ts'
import type { JsonRecord, Search } from '../store/search.ts'
import { inWords } from './ask/in_words.ts'

/** What commands may ask of the store. Without one, or on a cluster, what needs files is refused. */
export interface AskedStore {
  readonly search: Search
  /** Undefined where the engine is a cluster. */
  readonly embedded: EmbeddedStore | undefined
}

const patienceMs = 600_000

export function storeOperations(store: () => AskedStore | undefined): Operations {
  const open = () => {
    const found = store()
    if (found) return found
    throw new WeirError(
      'WEIR_REQUEST_INVALID',
      'there is no store: see `store.enabled` and `roles`',
    )
  }
  const embedded = () => {
    const found = open().embedded
    if (found) return found
    const text = 'the store is a cluster: ask the cluster for that'
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  return {
    async *'store.search'(args) {
      yield await inWords(found(open(), args))
    },
    async *'store.stats'() {
      const { engine } = embedded()
      const lacks = await caughtUp(engine)
      yield { ...lacks, statistics: await engine.statistics(), streams: await engine.streams() }
    },
    async *'store.verify'() {
      yield await embedded().engine.verify()
    },
    async *'store.adopt'() {
      yield await embedded().adopt()
    },
    async *'store.compact'() {
      await embedded().engine.compact()
      yield {}
    },
    async *'store.delete'(args) {
      const name = text(args, 'stream')
      if (name === undefined) throw new WeirError('WEIR_REQUEST_INVALID', '"stream" is missing')
      const { indices } = embedded().api
      if (!(await indices.all()).has(name)) {
        const isOfPoints = name === metricPointsTag || name.startsWith('metrics-')
        const more = isOfPoints
          ? '. Metric points go by the rules of store.metrics.retention: put one first for the names that are to go'
          : ''
        throw new WeirError('WEIR_REQUEST_INVALID', `the store has no stream "${name}"${more}`)
      }
      await indices.delete(name)
      yield {}
    },
  }
}

async function found(store: AskedStore, args: Arguments) {
  const request = (args['request'] ?? {}) as JsonRecord
  const lacks = await caughtUp(store.embedded?.engine)
  const deadline = AbortSignal.timeout(patienceMs)
  const answer = await store.search.search(text(args, 'target') ?? '*', request, {}, deadline)
  return { ...answer, ...lacks }
}

/**
 * What is durable when the question comes is found, however new it is.
 *
 * @returns why it is not, such as a full disk: what is in the segments is answered all the same.
 */
async function caughtUp(
  engine: Pick<EmbeddedStore['engine'], 'refresh'> | undefined,
): Promise<{ readonly behind?: string }> {
  try {
    await engine?.refresh()
    return {}
  } catch (failure) {
    return { behind: messageOf(failure) }
  }
}

function text(args: Arguments, name: string): string | undefined {
  const value = args[name]
  return typeof value === 'string' ? value : undefined
}
