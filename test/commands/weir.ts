import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
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

export function spawnWeir(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Weir {
  const { PATH = '', HOME = '/' } = process.env
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { PATH, HOME, XDG_CACHE_HOME: cache, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => (stdout += data))
  child.stderr.on('data', (data) => (stderr += data))
  const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }) as Ended)
  return { child, stderr: () => stderr, ended }
}

/** Runs `weir` to its end. */
export const weir = (...args: Parameters<typeof spawnWeir>): Promise<Ended> =>
  spawnWeir(...args).ended

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'weir-test-'))
