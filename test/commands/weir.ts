import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = join(import.meta.dirname, '../../bin/weir')
/** One cache for all runs, so that only the first one compiles. */
const cache = join(tmpdir(), 'weir-test-cache')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A `weir` process with an environment of its own. */
export interface Weir {
  readonly child: ChildProcess
  /** Standard error so far. */
  stderr(): string
  ended: Promise<Ended>
}

export interface WeirOptions {
  readonly env?: Record<string, string>
  readonly cwd?: string
  /** A listening socket that is passed on. */
  readonly passed?: Server
}

export function spawnWeir(args: readonly string[], options: WeirOptions = {}): Weir {
  const { PATH = '', HOME = '/' } = process.env
  const { passed } = options
  // As systemd does it: descriptor 3, and whom it is for, known only after the fork.
  const shell = ['-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"', program, ...args]
  const child = spawn(passed ? 'sh' : program, passed ? shell : args, {
    cwd: options.cwd,
    env: { PATH, HOME, XDG_CACHE_HOME: cache, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...(passed ? [descriptorOf(passed)] : [])],
  })
  let [stdout, stderr] = ['', '']
  child.stdout!.on('data', (data) => (stdout += data))
  child.stderr!.on('data', (data) => (stderr += data))
  const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }) as Ended)
  return { child, stderr: () => stderr, ended }
}

/** Node has no public way to it. */
const descriptorOf = (server: Server) =>
  (server as unknown as { _handle: { fd: number } })._handle.fd

/** Runs `weir` to its end. */
export const weir = (...args: Parameters<typeof spawnWeir>): Promise<Ended> =>
  spawnWeir(...args).ended

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'weir-test-'))
