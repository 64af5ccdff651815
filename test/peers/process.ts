import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

/** Debian's user `nobody`, as which servers run that refuse root. */
const nobody = 65534

/** A TCP port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

/** Gives a folder and all in it to the user that `launch` runs unprivileged programs as. */
export function giveAway(folder: string): void {
  if (process.getuid?.() !== 0) return
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const name of ['', ...names]) chownSync(join(folder, name), nobody, nobody)
}

/** Resolves when `condition` does to true; fails after `timeoutMs` with what was waited for. */
export async function waitFor(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs = 60_000,
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await sleep(50)
  }
}

/** A program of a peer, in a process group of its own so that all of it can be killed. */
export interface Program {
  readonly pid: number
  readonly exited: boolean
  /** Sends a signal to the whole group and waits until the program is gone. */
  end(signal: NodeJS.Signals): Promise<void>
  signal(signal: NodeJS.Signals): void
}

export interface LaunchOptions {
  readonly env?: NodeJS.ProcessEnv
  /** A file that takes standard output and error. */
  readonly output: string
  /** Run as `nobody` when this process is root. */
  readonly unprivileged?: boolean
}

export function launch(path: string, args: readonly string[], options: LaunchOptions): Program {
  const drop = options.unprivileged && process.getuid?.() === 0
  const setpriv = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', path, ...args]
  const output = openSync(options.output, 'a')
  const child: ChildProcess = drop
    ? spawn('setpriv', setpriv, settings(options, output))
    : spawn(path, args, settings(options, output))
  closeSync(output)
  const pid = child.pid
  if (pid === undefined) throw new Error(`${path} could not be started`)
  const gone = once(child, 'exit')
  // A test run that is interrupted leaves nothing behind.
  const sweep = () => killGroup(pid, 'SIGKILL')
  process.once('exit', sweep)
  void gone.then(() => process.off('exit', sweep))
  return {
    pid,
    get exited() {
      return child.exitCode !== null || child.signalCode !== null
    },
    async end(signal) {
      killGroup(pid, signal)
      await gone
      await waitFor(`the process group of ${path}`, () => !groupLives(pid))
    },
    signal: (signal) => killGroup(pid, signal),
  }
}

function settings(options: LaunchOptions, output: number): SpawnOptions {
  const env = { ...process.env, ...options.env }
  return { detached: true, stdio: ['ignore', output, output], env }
}

function killGroup(pid: number, signal: NodeJS.Signals | 0) {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

/** Zombies count as gone: in a container nobody may reap a killed server's child. */
function groupLives(pid: number): boolean {
  if (!killGroup(pid, 0)) return false
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z'
  } catch {
    return false
  }
}
