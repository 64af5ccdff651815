import { flushCompileCache } from 'node:module'
import { type MessagePort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import type { Context } from '../context.ts'
import { messageOf, WeirError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { createMetrics, Registry } from '../metrics.ts'
import { reasons } from '../reasons.ts'
import type { StartNotice, ThreadAnswer, ThreadRequest } from './conversation.ts'

/** For each request by its `ask`: what answers it. */
export type AnswersOf<
  Request extends ThreadRequest,
  Answers extends Record<Request['ask'], unknown>,
> = {
  readonly [Ask in Request['ask']]: (
    request: Extract<Request, { ask: Ask }>,
  ) => Answers[Ask] | Promise<Answers[Ask]>
}

/** What main tells the thread (`seed` of ThreadOptions), which may have been begun before it was known. */
export async function threadSeed<Seed>(): Promise<Seed> {
  // begun_threads.ts gives every thread the port that its seed comes by.
  const port = workerData as MessagePort
  const seed = await new Promise((resolve) => port.once('message', resolve))
  port.close()
  return seed as Seed
}

/** Answers the requests of main (ThreadLink) for as long as the thread lives. */
export function answerRequests<
  Request extends ThreadRequest,
  Answers extends Record<Request['ask'], unknown>,
>(port: MessagePort, answers: AnswersOf<Request, Answers>): void {
  let answered: ThreadAnswer[] = []
  const send = () => {
    const all = answered
    answered = []
    port.postMessage(all)
  }
  // What is answered at once, such as all that one write made durable, wakes main once.
  const reply = (answer: ThreadAnswer) => {
    if (answered.push(answer) === 1) process.nextTick(send)
  }
  port.on('message', ({ id, request }: { id: number; request: Request }) => {
    // The table has the very function for this request's `ask`; TypeScript cannot follow the pairing.
    const answer = answers[request.ask as Request['ask']] as (request: Request) => unknown
    Promise.try(answer, request).then(
      (value) => reply({ id, answer: value }),
      (failure: unknown) => reply({ id, failure: told(failure) }),
    )
  })
}

/** Starts what the thread is for, and tells main how that went. */
export async function startThread(
  port: MessagePort,
  start: () => Promise<void>,
  onFailure: (failure: unknown) => void = () => undefined,
): Promise<void> {
  const say = (notice: StartNotice) => port.postMessage(notice)
  try {
    await start()
    say({ notice: 'ready' })
    // A long-running thread may be killed; what it compiled is worth keeping from its start on.
    flushCompileCache()
  } catch (failure) {
    onFailure(failure)
    say({ notice: 'failed', ...told(failure) })
  }
}

function told(failure: unknown): { code: string; message: string } {
  const code = failure instanceof WeirError ? failure.code : 'WEIR_WORKER_DIED'
  return { code, message: messageOf(failure) }
}

/** The metrics of a thread, and the contexts of what runs in it. */
export function threadContexts(log: Logger, dataFolder: string) {
  const registry = new Registry()
  const metrics = createMetrics(registry)
  const contextOf = (id: string): Context => ({
    id,
    log: log.child({ component: id }),
    clock: systemClock,
    metrics,
    count: (reason, amount = 1) => {
      metrics.events_impaired.inc({ component: id, fate: reasons[reason].fate, reason }, amount)
    },
    random: Math.random,
    dataFolder,
  })
  return { registry, contextOf }
}
