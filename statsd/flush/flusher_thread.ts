import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { fired } from '../../core/deadline.ts'
import { systemFiles } from '../../core/files.ts'
import { createLog } from '../../core/log.ts'
import {
  answerRequests,
  startThread,
  threadContexts,
  threadSeed,
} from '../../core/threads/in_thread.ts'
import { threadPartition } from '../../core/threads/thread_partition.ts'
import { Forwarded } from '../forward/forwarded.ts'
import type { FlusherAnswer as Flushed, FlusherMessage } from '../receive/protocol.ts'
import { Flusher } from './flusher.ts'
import { KeyFlush } from './key_flush.ts'
import type { FlusherAnswers, FlusherNotice, FlusherRequest, FlusherSeed } from './protocol.ts'

/**
 * The flushing thread: computes what the receiving one hands over, and owns the partition of the journal that
 * flushes are in. Started by flusher_link.ts with a FlusherSeed.
 */
// flusher_link.ts tells exactly this.
const seed = await threadSeed<FlusherSeed>()
const port = parentPort!
const say = (notice: FlusherNotice) => port.postMessage(notice)

const { registry, contextOf } = threadContexts(createLog(seed.logLevel), seed.dataFolder)
const context = contextOf('statsd')
const writer = threadPartition(seed, contextOf('journal'), say)
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

answerRequests<FlusherRequest, FlusherAnswers>(port, {
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
})

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

await startThread(port, async () => {
  await writer.open()
  for (const swapped of seed.early) onSwapped({ swapped })
  receiver.on('message', onSwapped)
})
