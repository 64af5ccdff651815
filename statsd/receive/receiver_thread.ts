import { randomBytes } from 'node:crypto'
import { type MessagePort, parentPort, type Transferable } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import { answerRequests, startThread, threadSeed } from '../../core/threads/in_thread.ts'
import type {
  FlusherMessage,
  ReceiverAnswers,
  ReceiverNotice,
  ReceiverRequest,
  ReceiverSeed,
} from './protocol.ts'
import { Receiving } from './receiving.ts'

/**
 * The receiving thread: started by receiver_link.ts with a ReceiverSeed, answers ReceiverRequests until
 * it is told to stop. Its tables go to the flusher's port.
 */
// receiver_link.ts tells exactly this.
const seed = await threadSeed<ReceiverSeed>()
const main = parentPort!
const say = (notice: ReceiverNotice, transfer: Transferable[] = []) =>
  main.postMessage(notice, transfer)

let flusher = seed.flusher
const receiving = new Receiving(seed.settings, seed.generation, {
  clock: systemClock,
  seed: randomBytes(4).readInt32LE(),
  say,
  handOver: (swapped, transfer) => {
    const message: FlusherMessage = { swapped }
    flusher.postMessage(message, transfer)
  },
})
hear(flusher)

function hear(port: MessagePort): void {
  port.on('message', () => {
    if (port === flusher) receiving.flushed()
  })
  // Its end is main's to notice; it keeps nothing alive.
  port.unref()
}

answerRequests<ReceiverRequest, ReceiverAnswers>(main, {
  status: () => receiving.status(),
  show: ({ kind }) => receiving.show(kind),
  delete: ({ kind, names }) => receiving.delete(kind, names),
  watch: ({ lines, packets }) => {
    receiving.watch(lines, packets)
    return undefined
  },
  flusher: ({ port }) => {
    flusher = port
    hear(port)
    receiving.flusherRenewed()
    return undefined
  },
  takeOver: async ({ early }) => {
    await receiving.listen(early)
    return undefined
  },
  stop: async () => {
    await receiving.stop()
    return undefined
  },
})

await startThread(main, () => receiving.start(seed.listensLater))
