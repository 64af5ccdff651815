import { parentPort } from 'node:worker_threads'
import { ConfigError } from '../core/errors.ts'
import { createLog } from '../core/log.ts'
import {
  answerRequests,
  startThread,
  threadContexts,
  threadSeed,
} from '../core/threads/in_thread.ts'
import { threadPartition } from '../core/threads/thread_partition.ts'
import { WorkerInputs } from './worker_inputs.ts'
import type { WorkerAnswers, WorkerNotice, WorkerRequest, WorkerSeed } from './worker_protocol.ts'

/**
 * A collector worker: owns files, sockets, parsing and one partition of the journal. Started by
 * worker_link.ts with a WorkerSeed; answers WorkerRequests until it is told to stop.
 */
// worker_link.ts tells exactly this.
const seed = await threadSeed<WorkerSeed>()
const port = parentPort!
const say = (notice: WorkerNotice) => port.postMessage(notice)

const log = createLog(seed.logLevel).child({ worker: seed.index })
const { registry, contextOf } = threadContexts(log, seed.dataFolder)
const writer = threadPartition(seed, contextOf('journal'), say)
const inputs = new WorkerInputs(seed, writer, contextOf)

answerRequests<WorkerRequest, WorkerAnswers>(port, {
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
})

const start = async () => {
  await writer.open()
  await inputs.start()
}
await startThread(port, start, (failure) => {
  if (!(failure instanceof ConfigError)) log.debug({ err: failure }, 'the worker cannot start')
})
