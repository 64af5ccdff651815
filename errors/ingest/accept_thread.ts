import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { createLog } from '../../core/log.ts'
import {
  answerRequests,
  startThread,
  threadContexts,
  threadSeed,
} from '../../core/threads/in_thread.ts'
import { threadPartition } from '../../core/threads/thread_partition.ts'
import { Blobs } from '../blobs.ts'
import { Acceptor } from './acceptor.ts'
import { Gatherer } from './gatherer.ts'
import { preparingBy } from './preparing.ts'
import { ProjectTable } from './project_table.ts'
import type { AcceptAnswers, AcceptNotice, AcceptRequest, AcceptSeed } from './protocol.ts'
import { Quotas } from './quotas.ts'

/**
 * The accepting thread: what SDKs send is inflated, read, normalised and scrubbed here, and appended to a partition
 * of the journal of its own. Started by accept_link.ts with an AcceptSeed.
 */
// accept_link.ts tells exactly this.
const seed = await threadSeed<AcceptSeed>()
const port = parentPort!
const say = (notice: AcceptNotice) => port.postMessage(notice)

const { registry, contextOf } = threadContexts(createLog(seed.logLevel), seed.dataFolder)
const reports = threadPartition(seed, contextOf('journal'), say)
// Opens with the first log: most applications send none.
const logs = threadPartition({ ...seed, writer: seed.logsWriter }, contextOf('journal'), say)
let { config } = seed
const projects = new ProjectTable(seed.projects)
const quotas = new Quotas(config.quota, seed.counts)
const isStuck = () => reports.isInTrouble || logs.isInTrouble
const close = (deadline: AbortSignal) =>
  Promise.all([reports.close(deadline), logs.close(deadline)])
const gatherer = new Gatherer({ reports: reports.append, logs: logs.append }, () =>
  quotas.changes(),
)
const random = (count: number) => randomBytes(count)
const blobs = new Blobs(join(seed.dataFolder, 'errors', 'blobs'), random)
const acceptor = new Acceptor({
  ...preparingBy(() => config, random),
  context: contextOf('errors.ingest'),
  limits: () => config.limits,
  projects,
  quotas,
  gatherer,
  keep: (bytes) => blobs.put(bytes),
  randomBytes: random,
  isStuck,
})

answerRequests<AcceptRequest, AcceptAnswers>(port, {
  accept: ({ incoming }) => acceptor.accept(incoming),
  projects: ({ projects: all }) => {
    projects.update(all)
    return undefined
  },
  configure: ({ config: next }) => {
    config = next
    quotas.configure(next.quota)
    return undefined
  },
  metrics: () => registry.getMetricsAsJSON(),
  stop: async ({ withinMs }) => {
    const deadline = AbortSignal.timeout(withinMs)
    // What waits for a full or failing journal will not be taken now: its senders are told at once.
    if (isStuck()) await close(deadline)
    await acceptor.begun()
    await gatherer.settled()
    await close(deadline)
    return undefined
  },
})

await startThread(port, () => reports.open())
