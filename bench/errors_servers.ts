/** Who takes error reports in the bench: Weir, and Bugsink as its documentation says to run it on one server. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { locate } from '../test/peers/catalogue.ts'
import { freePort } from '../test/peers/process.ts'
import { ask, launch, type Measured, ready, startWeir, usageOf } from './process.ts'

export const key = '0123456789abcdef0123456789abcdef'

export interface ServerUsage {
  readonly cpuSeconds: number
  /** Of all processes. */
  readonly rssMB: number
  /** Of it what the processes have that the server itself started, such as Weir's store. */
  readonly childrenMB: number
}

export interface ErrorServer {
  readonly title: string
  readonly port: number
  /** Sent before it is measured: code is compiled, most issues are there. */
  readonly warmEvents: number
  /** Of the envelope endpoint. */
  readonly path: string
  /** Of all its processes. */
  usage(): ServerUsage
  /** Events that are in their issue, stored and found. */
  digested(): Promise<number>
  /** Bytes of the files that hold them, once nothing waits. */
  bytes(): number
  stop(): Promise<void>
}

interface WeirChoices {
  /** A folder for V8 CPU profiles. */
  readonly profile?: string | undefined
  /** What is in the folder stays. */
  readonly isKept?: boolean
  /** Of the config: errors.digest. */
  readonly digest?: object
}

/** The digest's count of events is in the status: `errors.digest.digested`. */
export async function startWeirForErrors(
  folder: string,
  { profile, isKept = false, digest = {} }: WeirChoices = {},
): Promise<ErrorServer & { folder: string }> {
  if (!isKept) rmSync(folder, { recursive: true, force: true })
  const port = await freePort()
  const env = profile ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` } : {}
  const socket = `unix:${join(folder, 'http.sock')}`
  const weir = startWeir(
    folder,
    {
      collector: { enabled: false },
      statsd: { enabled: false },
      http: { listen: [socket, `127.0.0.1:${port}`] },
      errors: { projects: { shop: { id: 1, keys: [key] } }, digest },
    },
    env,
  )
  await ready(weir, folder)
  return {
    title: 'Weir',
    folder,
    warmEvents: 2000,
    port,
    path: '/api/1/envelope/',
    usage: () => usageOfAll([weir.pid]),
    digested: async () => {
      const { text } = await ask(folder, '/api/status')
      const { errors } = JSON.parse(text) as { errors?: { digest?: { digested?: number } } }
      return errors?.digest?.digested ?? 0
    },
    bytes: () => bytesUnder(join(folder, 'data', 'errors')),
    stop: () => weir.stop(),
  }
}

/** Why there is no Bugsink on this machine. */
export function bugsinkMissing(): string | undefined {
  return locate('bugsink').missing
}

/** gunicorn and snappea over SQLite, with quotas that let everything in. */
export async function startBugsink(folder: string): Promise<ErrorServer> {
  const located = locate('bugsink')
  if (located.missing !== undefined) throw new Error(located.missing)
  const program = (name: string) => join(located.path, 'bin', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const env = { ...process.env, PYTHONPATH: folder, DJANGO_SETTINGS_MODULE: 'bugsink_conf' }
  const manage = (words: readonly string[], input = '') =>
    execFileSync(program('bugsink-manage'), words, { cwd: folder, env, input, stdio: 'pipe' })
  const create = ['--template=singleserver', '--host=127.0.0.1', `--base-dir=${folder}`]
  execFileSync(program('bugsink-create-conf'), create, { cwd: folder, env, stdio: 'pipe' })
  const conf = join(folder, 'bugsink_conf.py')
  writeFileSync(conf, readFileSync(conf, 'utf8') + bugsinkExtra)
  manage(['migrate'])
  manage(['migrate', 'snappea', '--database=snappea'])
  manage(['shell'], bugsinkProject)
  const workers = launch(
    program('gunicorn'),
    [`--bind=127.0.0.1:${port}`, '--workers=2', '--timeout=60', 'bugsink.wsgi'],
    { cwd: folder, env },
  )
  const snappea = launch(program('bugsink-runsnappea'), [], { cwd: folder, env })
  await listening(port, workers)
  return {
    title: 'Bugsink',
    warmEvents: 200,
    port,
    path: '/api/1/envelope/',
    usage: () => usageOfAll([workers.pid, snappea.pid]),
    digested: async () => {
      const database = new DatabaseSync(join(folder, 'db.sqlite3'), {
        readOnly: true,
        timeout: 30_000,
      })
      try {
        const row = database.prepare('select count(*) as events from events_event').get()
        return Number(row?.['events'])
      } finally {
        database.close()
      }
    },
    bytes: () => bytesUnder(folder, ['db.sqlite3', 'db.sqlite3-wal']),
    async stop() {
      await workers.stop()
      await snappea.stop()
    },
  }
}

const bugsinkExtra = `
ALLOWED_HOSTS = ["*"]
for _quota in ("PER_PROJECT_PER_5_MINUTES", "PER_PROJECT_PER_HOUR", "PER_PROJECT_PER_MONTH", "PER_5_MINUTES", "PER_HOUR", "PER_MONTH"):
    BUGSINK["MAX_EVENTS_" + _quota] = 100_000_000
BUGSINK["PHONEHOME"] = False
`
const bugsinkProject = `
import uuid
from projects.models import Project
from bugsink.transaction import immediate_atomic
with immediate_atomic():
    Project.objects.create(name="shop", slug="shop", sentry_key=uuid.UUID("${key}"), retention_max_event_count=10_000_000, alert_on_new_issue=False)

`

/** CPU and memory of processes and all that they started. */
function usageOfAll(roots: readonly number[]): ServerUsage {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]))
    } catch {
      // It ended in between.
    }
  }
  const all = new Set(roots)
  for (let before = 0; before !== all.size;) {
    before = all.size
    for (const [pid, parent] of parents) if (all.has(parent)) all.add(pid)
  }
  let sum = { cpuSeconds: 0, rssMB: 0, childrenMB: 0 }
  for (const pid of all) {
    try {
      const { cpuSeconds, rssMB } = usageOf(pid)
      sum = {
        cpuSeconds: sum.cpuSeconds + cpuSeconds,
        rssMB: sum.rssMB + rssMB,
        childrenMB: sum.childrenMB + (roots.includes(pid) ? 0 : rssMB),
      }
    } catch {
      // It ended in between.
    }
  }
  return sum
}

function bytesUnder(folder: string, names = readdirSync(folder, { recursive: true })): number {
  let bytes = 0
  for (const name of names) {
    const found = statSync(join(folder, String(name)), { throwIfNoEntry: false })
    if (found?.isFile()) bytes += found.size
  }
  return bytes
}

async function listening(port: number, server: Measured): Promise<void> {
  for (let attempts = 0; attempts < 300; attempts++) {
    if (server.child.exitCode !== null) break
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
    if (answer) return
    await sleep(100)
  }
  throw new Error(`Bugsink does not start:\n${server.log()}`)
}
