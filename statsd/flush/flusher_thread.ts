import { randomBytes } from 'node:crypto'
import { flushCompileCache } from 'node:module'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { messageOf, WeirError } from '../../core/errors.ts'
import { systemFiles } from '../../core/files.ts'
import { Space } from '../../core/journal/space.ts'
import { type DurableMark, PartitionWriter } from '../../core/journal/writer.ts'
import { createLog } from '../../core/log.ts'
import { createMetrics, Registry } from '../../core/metrics.ts'
import { type Reason, reasons } from '../../core/reasons.ts'
import type { FlusherAnswer as Flushed, FlusherMessage } from '../receive/protocol.ts'
import { Forwarded } from '../forward/forwarded.ts'
import { Flusher } from './flusher.ts'
import { KeyFlush } from './key_flush.ts'
import type { FlusherAnswers, FlusherNotice, FlusherRequest, FlusherSeed } from './protocol.ts'

/**
 * The flushing thread: computes what the receiving one hands over, and owns the partition of the journal that
 * flushes are in. Started by flusher_link.ts with a FlusherSeed.
 */
// flusher_link.ts starts this file with exactly this.
const seed = workerData as FlusherSeed
const port = parentPort!
const say = (notice: FlusherNotice) => port.postMessage(notice)

const registry = new Registry()
const metrics = createMetrics(registry)
const log = createLog(seed.logLevel)

const contextOf = (id: string): Context => ({
  id,
  log: log.child({ component: id }),
  clock: systemClock,
  metrics,
  count: (reason: Reason, amount = 1) => {
    metrics.events_impaired.inc({ component: id, fate: reasons[reason].fate, reason }, amount)
  },
  random: Math.random,
  dataFolder: seed.dataFolder,
})
const context = contextOf('statsd')

const { partition } = seed.writer
let last: DurableMark | undefined
const writer = new PartitionWriter(seed.writer, {
  files: systemFiles,
  clock: systemClock,
  randomBytes,
  space: new Space(seed.space.limit, seed.space.shared),
  onDurable: (mark) => {
    // Marks of one segment add up; the first of a new one stands for itself.
    const before = mark.segment === last?.segment ? last : undefined
    metrics.journal_events.inc({ partition }, mark.events - (before?.events ?? 0))
    metrics.journal_bytes.inc({ partition }, mark.bytes - (before?.bytes ?? 0))
    last = mark
    say({ notice: 'durable', mark })
  },
  onTrouble: (trouble) => say({ notice: 'trouble', trouble }),
  onDropped: (points) => contextOf('journal').count('journal_full', points),
  onAppended: (seconds) => metrics.journal_append_seconds.observe({ partition }, seconds),
})
let { receiver } = seed
const keys =
  seed.keyFlush.interval > 0
    ? new KeyFlush(seed.keyFlush, { files: systemFiles, context })
    : undefined
const flusher = new Flusher(seed.settings, seed.instance, {
  files: systemFiles,
  context,
  append: writer.append,
  namespace: seed.namespace,
  forwarded: new Forwarded(seed.limits, seed.merged, context),
  forwards: seed.forwards,
  keyFlush: keys,
  onFlushed: (flushed) => receiver.postMessage({ flushed } satisfies Flushed),
})

const answers: {
  [Ask in keyof FlusherAnswers]: (
    request: Extract<FlusherRequest, { ask: Ask }>,
  ) => Promise<FlusherAnswers[Ask]>
} = {
  status: async () => flusher.status(),
  metrics: () => registry.getMetricsAsJSON(),
  receiver: async ({ port }) => {
    takeLeft()
    receiver.close()
    receiver = port
    receiver.on('message', onSwapped)
    return undefined
  },
  merge: async ({ pieces }) => {
    await Promise.all(pieces.map((piece) => flusher.bring(piece)))
    return undefined
  },
  stop: async ({ withinMs }) => {
    const deadline = AbortSignal.timeout(withinMs)
    takeLeft()
    // What waits for a full or failing journal will not be taken now.
    if (writer.isInTrouble) await writer.close(deadline)
    await Promise.race([flusher.settled(), fired(deadline)])
    await writer.close(deadline)
    receiver.close()
    return undefined
  },
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** What the receiver handed over before main asked is in its port, though its turn may not have come. */
function takeLeft(): void {
  receiver.off('message', onSwapped)
  for (let left = receiveMessageOnPort(receiver); left; left = receiveMessageOnPort(receiver)) {
    onSwapped(left.message as FlusherMessage)
  }
}

function onSwapped({ swapped }: FlusherMessage): void {
  flusher.take(swapped)
}

port.on('message', ({ id, request }: { id: number; request: FlusherRequest }) => {
  // The table has the very function for this request's `ask`; TypeScript cannot follow the pairing.
  const answer = answers[request.ask] as (request: FlusherRequest) => Promise<unknown>
  answer(request).then(
    (value) => port.postMessage({ id, answer: value }),
    (failure: unknown) => port.postMessage({ id, failure: describe(failure) }),
  )
})

function describe(failure: unknown): { code: string; message: string } {
  const code = failure instanceof WeirError ? failure.code : 'WEIR_WORKER_DIED'
  return { code, message: messageOf(failure) }
}

try {
  await writer.open()
  for (const swapped of seed.early) onSwapped({ swapped })
  receiver.on('message', onSwapped)
  say({ notice: 'ready' })
  flushCompileCache()
} catch (failure) {
  say({ notice: 'failed', ...describe(failure) })
}
