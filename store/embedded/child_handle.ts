import { type ChildProcess, fork } from 'node:child_process'
import process from 'node:process'
import type { FromEngine, ToEngine } from './protocol.ts'

/** The line to a running engine process. */
export interface ChildLine {
  readonly pid: number | undefined
  send(message: ToEngine): void
  /** Ends it at once. */
  kill(): void
}

export interface ChildEvents {
  readonly onMessage: (message: FromEngine) => void
  /** It is gone, asked to or not. Called once. */
  readonly onGone: (why: string) => void
}

/** Starts an engine process. A test passes one of its own. */
export type StartChild = (events: ChildEvents) => ChildLine

/**
 * A heap this small would be collected for every few MB of buffers beside it, once for each row group: a sixth of
 * what it costs to take events in.
 */
const heapFlags = [
  '--max-old-space-size=192',
  '--max-semi-space-size=4',
  '--heap-growing-percent=300',
]

/**
 * A process that runs `entry`. Little memory for JavaScript, whose work there is small, and few malloc arenas:
 * those of glibc would keep several times what DuckDB has given back. With only two its threads wait for each other.
 */
export function processStarter(entry: string, environment: NodeJS.ProcessEnv): StartChild {
  return ({ onMessage, onGone }) => {
    const child: ChildProcess = fork(entry, [], {
      execArgv: [...process.execArgv, ...heapFlags],
      env: { ...environment, MALLOC_ARENA_MAX: '4' },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    child.stderr?.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-2_000)
    })
    let isGone = false
    const gone = (why: string) => {
      if (isGone) return
      isGone = true
      onGone(why)
    }
    child.on('message', (message) => onMessage(message as FromEngine))
    child.on('error', (failure) => gone(failure.message))
    child.on('exit', (code, signal) => {
      gone(
        [signal ? `killed by ${signal}` : `ended with code ${code}`, said.trim()]
          .filter(Boolean)
          .join(': '),
      )
    })
    return {
      pid: child.pid,
      send: (message) => {
        if (child.connected) child.send(message)
      },
      kill: () => void child.kill('SIGKILL'),
    }
  }
}
