import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { systemFiles } from '../../core/files.ts'
import { createLog } from '../../core/log.ts'
import {
  answerRequests,
  startThread,
  threadContexts,
  threadSeed,
} from '../../core/threads/in_thread.ts'
import { threadPartition } from '../../core/threads/thread_partition.ts'
import { Blobs } from '../blobs.ts'
import { DigestRun } from './digest_run.ts'
import type { DigestAnswers, DigestNotice, DigestRequest, DigestSeed } from './protocol.ts'

/**
 * The digest thread: makes reports into issues, and answers whoever asks about them. It alone opens errors.sqlite.
 * Started by digest_link.ts with a DigestSeed.
 */
// digest_link.ts tells exactly this.
const seed = await threadSeed<DigestSeed>()
const port = parentPort!
const say = (notice: DigestNotice) => port.postMessage(notice)

const log = createLog(seed.logLevel)
const { registry, contextOf } = threadContexts(log, seed.dataFolder)
const writer = threadPartition(seed, contextOf('journal'), say)
const folder = join(seed.dataFolder, 'errors')
/** What main says while the database is being opened waits for that. */
const opened = Promise.withResolvers<DigestRun>()
opened.promise.catch(() => undefined)

answerRequests<DigestRequest, DigestAnswers>(port, {
  api: async ({ call, params }) => await (await opened.promise).call(call, params),
  status: async () => (await opened.promise).status(),
  metrics: () => registry.getMetricsAsJSON(),
  mark: async ({ folder: of, mark }) => {
    const run = await opened.promise
    run.digester.follower.mark(seed.reports.name, of, mark)
    return undefined
  },
  dropped: async ({ segment }) => {
    const run = await opened.promise
    run.digester.follower.dropped(seed.reports.name, segment)
    return undefined
  },
  projects: async ({ projects }) => {
    const run = await opened.promise
    run.projects(projects)
    return undefined
  },
  configure: async ({ settings }) => {
    const run = await opened.promise
    run.configure(settings)
    return undefined
  },
  stop: async ({ withinMs }) => {
    const deadline = AbortSignal.timeout(withinMs)
    // What waits for a full or failing journal will not be taken now; the outbox has it.
    if (writer.isInTrouble) await writer.close(deadline)
    await (await opened.promise).stop(deadline)
    await writer.close(deadline)
    return undefined
  },
})

await startThread(
  port,
  async () => {
    await writer.open()
    const run = DigestRun.open(seed, {
      context: contextOf('errors.digest'),
      files: systemFiles,
      append: writer.append,
      blobs: new Blobs(join(folder, 'blobs'), (count) => randomBytes(count)),
      folder,
      advanced: (places) => say({ notice: 'advance', places }),
    })
    run.start()
    opened.resolve(run)
  },
  (failure) => opened.reject(failure),
)
