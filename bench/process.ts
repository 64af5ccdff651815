import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const ticksPerSecond = 100

/** What a process has used, from /proc. */
export interface Usage {
  readonly cpuSeconds: number
  readonly rssMB: number
  /** Of it what is no page of a file, such as Node's binary. */
  readonly anonymousMB: number
  readonly peakRssMB: number
  readonly descriptors: number
}

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    rssMB: kilobytes('VmRSS') / 1024,
    anonymousMB: kilobytes('RssAnon') / 1024,
    peakRssMB: kilobytes('VmHWM') / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }
}

/** A child process under measurement. */
export interface Measured {
  readonly child: ChildProcess
  readonly pid: number
  /** Milliseconds since the epoch. */
  readonly startedMs: number
  usage(): Usage
  /** What it wrote on standard error so far. */
  log(): string
  /** Ends it by TERM, after 15 s by KILL; resolves once it is gone. */
  stop(): Promise<void>
}

export function launch(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; stdio?: StdioOptions } = {},
): Measured {
  const startedMs = performance.timeOrigin + performance.now()
  const child = spawn(command, args, {
    stdio: options.stdio ?? ['ignore', 'ignore', 'pipe'],
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
  })
  const pid = child.pid
  if (pid === undefined) throw new Error(`cannot start ${command}`)
  let log = ''
  child.stderr?.on('data', (part: Buffer) => (log = (log + part.toString()).slice(-10_000)))
  return {
    child,
    pid,
    startedMs,
    usage: () => usageOf(pid),
    log: () => log,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const late = sleep(15_000, 'late', { ref: false })
      if ((await Promise.race([gone, late])) === 'late') {
        child.kill('SIGKILL')
        await gone
      }
    },
  }
}

/** Starts a helper of the bench, whose first line on standard output says where it is. */
export async function helper(script: string, args: readonly string[] = []) {
  const measured = launch(process.execPath, [join(root, 'bench', script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(measured.child.stdout!, 'data')) as [Buffer]
  return { ...measured, line: line.toString().trim() }
}

/** Starts the real thing in `folder`, with a config or without one. Its HTTP port is a Unix socket there. */
export function startWeir(
  folder: string,
  config: { collector: object; [key: string]: unknown } | undefined,
  env: NodeJS.ProcessEnv = {},
): Measured {
  mkdirSync(folder, { recursive: true })
  const [data, socket] = [join(folder, 'data'), `unix:${socketOf(folder)}`]
  if (!config) {
    const flags = ['--data-dir', data, '--listen', socket, '--log-level', 'warn']
    return launch(join(root, 'bin/weir'), ['start', ...flags], { env })
  }
  const base = { data_dir: data, http: { listen: [socket] } }
  const path = join(folder, 'weir.yaml')
  writeFileSync(path, JSON.stringify({ log: { level: 'warn' }, ...base, ...config }))
  return launch(join(root, 'bin/weir'), ['start', '--config', path], { env })
}

export const socketOf = (folder: string) => join(folder, 'http.sock')

/** GET over Weir's Unix socket. */
export function ask(folder: string, path: string): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const outgoing = request({ socketPath: socketOf(folder), path }, (answer) => {
    let text = ''
    answer.setEncoding('utf8')
    answer.on('data', (part: string) => (text += part))
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    answer.on('error', reject)
  })
  outgoing.on('error', reject)
  outgoing.end()
  return promise
}

/** Resolves once Weir answers that it is ready; throws with its log when it ends or takes 30 s. */
export async function ready(weir: Measured, folder: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    if (weir.child.exitCode !== null) break
    const answer = await ask(folder, '/readyz').catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(5)
  }
  throw new Error(`Weir does not start:\n${weir.log()}`)
}

/** A metric of Weir's, the sum over its labels. */
export async function metric(folder: string, name: string): Promise<number> {
  const { text } = await ask(folder, '/metrics')
  let sum = 0
  for (const [, value] of text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))) {
    sum += Number(value)
  }
  return sum
}
