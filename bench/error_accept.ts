import { parseArgs } from 'node:util'
import { crc32 } from 'node:zlib'
import type { Append } from '../core/journal/batch.ts'
import { errorsConfig } from '../errors/config.ts'
import { Acceptor, type AcceptorWorld } from '../errors/ingest/acceptor.ts'
import { Gatherer } from '../errors/ingest/gatherer.ts'
import type { Incoming } from '../errors/ingest/incoming.ts'
import { preparingBy } from '../errors/ingest/preparing.ts'
import { ProjectTable } from '../errors/ingest/project_table.ts'
import { Quotas } from '../errors/ingest/quotas.ts'
import { projectSettings } from '../errors/projects/config.ts'
import { Envelopes, type EventSize } from './errors_events.ts'

/**
 * What taking in one error report costs, from the bytes of its request to a line of the journal: microseconds of one
 * core, of the thread and of all threads of the process (those of V8 collect garbage). No network, no disk.
 * `bin/node bench/error_accept.ts [--events 6000] [--size 20kb] [--issues 1000] [--beside 64]`; as many warm up.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '6000' },
    size: { type: 'string', default: '20kb' },
    issues: { type: 'string', default: '1000' },
    beside: { type: 'string', default: '64' },
  },
})
const events = Number(values.events)
const beside = Number(values.beside)
const key = '0123456789abcdef0123456789abcdef'
const envelopes = new Envelopes({
  size: values.size as EventSize,
  issues: Number(values.issues),
  unique: 0.01,
})

let written = 0
const append: Append = async (batches) => {
  for (const { bytes } of batches) {
    crc32(bytes)
    written += bytes.length
  }
  // As long as a disk takes, in which more is read.
  await new Promise((resolve) => setTimeout(resolve, 5))
  return 'durable'
}
const gatherer = new Gatherer({ reports: append, logs: append }, () => undefined)
const config = errorsConfig.parse({})
const instrument = { inc: () => undefined }
const world: AcceptorWorld = {
  ...preparingBy(
    () => config,
    (count) => Buffer.alloc(count),
  ),
  context: {
    id: 'errors.ingest',
    metrics: {
      bytes_received: instrument,
      error_requests: instrument,
      error_reports: instrument,
      events_received: instrument,
    },
    count: () => undefined,
  } as never,
  limits: () => config.limits,
  projects: new ProjectTable([
    {
      id: 1,
      slug: 'shop',
      name: 'shop',
      keys: [{ public: key, secret: '', label: '', disabled: false }],
      source: 'config',
      createdMs: 0,
      settings: projectSettings.parse({}),
    },
  ]),
  quotas: new Quotas(config.quota, []),
  gatherer,
  keep: () => Promise.resolve(''),
  randomBytes: (count) => Buffer.alloc(count),
  isStuck: () => false,
}
const acceptor = new Acceptor(world)

const incomingOf = (body: Uint8Array): Incoming => ({
  endpoint: 'envelope',
  isGet: false,
  project: 1,
  path: {},
  query: '',
  headers: {
    sentryAuth: `Sentry sentry_key=${key}, sentry_version=7, sentry_client=sentry.python/2.75.0`,
    authorization: '',
    contentType: 'application/x-sentry-envelope',
    contentEncoding: 'gzip',
    origin: '',
    referer: '',
    userAgent: 'sentry.python/2.75.0',
  },
  clientIp: '127.0.0.1',
  receivedMs: Date.now(),
  body,
})

const sum = ({ user, system }: NodeJS.CpuUsage) => user + system
const spent = { thread: 0, all: 0 }

/** As many at once as there are connections. */
async function take(count: number): Promise<void> {
  for (let done = 0; done < count; done += beside) {
    const bodies = Array.from({ length: beside }, () => envelopes.next(Date.now()))
    const [thread, all] = [sum(process.threadCpuUsage()), sum(process.cpuUsage())]
    const answers = await Promise.all(bodies.map((body) => acceptor.accept(incomingOf(body))))
    spent.thread += sum(process.threadCpuUsage()) - thread
    spent.all += sum(process.cpuUsage()) - all
    const refused = answers.find(({ status }) => status !== 200)
    if (refused) throw new Error(`${refused.status}: ${String(refused.body)}`)
  }
}

await take(events)
spent.thread = 0
spent.all = 0
written = 0
await take(events)
const count = Math.ceil(events / beside) * beside
process.stdout.write(
  `${(written / count / 1e3).toFixed(1)} kB a line: µs an event: thread ${(spent.thread / count).toFixed(0)}, all threads ${(spent.all / count).toFixed(0)}\n`,
)
