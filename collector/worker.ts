import { randomBytes } from 'node:crypto'
import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { ConfigError, messageOf, WeirError } from '../core/errors.ts'
import { systemFiles } from '../core/files.ts'
import { Space } from '../core/journal/space.ts'
import { type DurableMark, PartitionWriter } from '../core/journal/writer.ts'
import { createLog } from '../core/log.ts'
import { createMetrics, Registry } from '../core/metrics.ts'
import { type Reason, reasons } from '../core/reasons.ts'
import { WorkerInputs } from './worker_inputs.ts'
import type { WorkerAnswers, WorkerNotice, WorkerRequest, WorkerSeed } from './worker_protocol.ts'

/**
 * A collector worker: owns files, sockets, parsing and one partition of the journal. Started by
 * worker_link.ts with a WorkerSeed; answers WorkerRequests until it is told to stop.
 */
// worker_link.ts starts this file with exactly this.
const seed = workerData as WorkerSeed
const port = parentPort!
const say = (notice: WorkerNotice) => port.postMessage(notice)

const registry = new Registry()
const metrics = createMetrics(registry)
const log = createLog(seed.logLevel).child({ worker: seed.index })

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
  onDropped: (events) => contextOf('journal').count('journal_full', events),
  onAppended: (seconds) => metrics.journal_append_seconds.observe({ partition }, seconds),
})
const inputs = new WorkerInputs(seed, writer, contextOf)

const answers: {
  [Ask in keyof WorkerAnswers]: (
    request: Extract<WorkerRequest, { ask: Ask }>,
  ) => Promise<WorkerAnswers[Ask]>
} = {
  configure: async ({ config }) => {
    await inputs.configure(config)
    return undefined
  },
  receive: ({ body }) => inputs.receive(body),
  status: async () => ({ inputs: inputs.status() }),
  metrics: () => registry.getMetricsAsJSON(),
  stop: async ({ withinMs }) => {
    const deadline = AbortSignal.timeout(withinMs)
    // What waits for a full or failing journal will not be taken now: its senders are told at once.
    if (writer.isInTrouble) await writer.close(deadline)
    await inputs.stop(deadline)
    await writer.close(deadline)
    return undefined
  },
}

port.on('message', ({ id, request }: { id: number; request: WorkerRequest }) => {
  // The table has the very function for this request's `ask`; TypeScript cannot follow the pairing.
  const answer = answers[request.ask] as (request: WorkerRequest) => Promise<unknown>
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
  await inputs.start()
  say({ notice: 'ready' })
  // A long-running worker may be killed; what it compiled is worth keeping from its start on.
  flushCompileCache()
} catch (failure) {
  if (!(failure instanceof ConfigError)) log.debug({ err: failure }, 'the worker cannot start')
  say({ notice: 'failed', ...describe(failure) })
}
