import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { systemFiles } from '../../core/files.ts'
import { createLog } from '../../core/log.ts'
import { answerRequests, startThread, threadContexts } from '../../core/threads/in_thread.ts'
import { threadPartition } from '../../core/threads/thread_partition.ts'
import { Blobs } from '../blobs.ts'
import { DigestRun } from './digest_run.ts'
import type { DigestAnswers, DigestNotice, DigestRequest, DigestSeed } from './protocol.ts'

/**
 * The digest thread: makes reports into issues, and answers whoever asks about them. It alone opens errors.sqlite.
 * Started by digest_link.ts with a DigestSeed.
 */
// digest_link.ts starts this file with exactly this.
const seed = workerData as DigestSeed
const port = parentPort!
const say = (notice: DigestNotice) => port.postMessage(notice)

const log = createLog(seed.logLevel)
const { registry, contextOf } = threadContexts(log, seed.dataFolder)
const writer = threadPartition(seed, contextOf('journal'), say)
const folder = join(seed.dataFolder, 'errors')
let run: DigestRun | undefined

answerRequests<DigestRequest, DigestAnswers>(port, {
  api: async ({ call, params }) => await run!.call(call, params),
  status: () => run!.status(),
  metrics: () => registry.getMetricsAsJSON(),
  mark: ({ folder: of, mark }) => {
    run!.digester.follower.mark(seed.reports.name, of, mark)
    return undefined
  },
  dropped: ({ segment }) => {
    run!.digester.follower.dropped(seed.reports.name, segment)
    return undefined
  },
  projects: ({ projects }) => {
    run!.projects(projects)
    return undefined
  },
  configure: ({ settings }) => {
    run!.configure(settings)
    return undefined
  },
  stop: async ({ withinMs }) => {
    const deadline = AbortSignal.timeout(withinMs)
    // What waits for a full or failing journal will not be taken now; the outbox has it.
    if (writer.isInTrouble) await writer.close(deadline)
    await run!.stop(deadline)
    await writer.close(deadline)
    return undefined
  },
})

await startThread(port, async () => {
  await writer.open()
  run = DigestRun.open(seed, {
    context: contextOf('errors.digest'),
    files: systemFiles,
    append: writer.append,
    blobs: new Blobs(join(folder, 'blobs'), (count) => randomBytes(count)),
    folder,
    advanced: (places) => say({ notice: 'advance', places }),
  })
  run.start()
})
