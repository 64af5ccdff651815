import { constants, setPriority } from 'node:os'
import process from 'node:process'
import { systemClock } from '../../core/clock.ts'
import { systemFiles } from '../../core/files.ts'
import type { Answerer } from './answerer.ts'
import { EngineProcess } from './engine_process.ts'
import type { ToEngine } from './protocol.ts'

/**
 * The engine's process: `runChild` is all it does. It ends when the main process is gone or says so, and is
 * niced, so that it takes nothing from what takes events in.
 */
export function runChild(answerer: Answerer): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Not allowed everywhere, and nothing depends on it.
  }
  const engine = new EngineProcess({
    files: systemFiles,
    clock: systemClock,
    answerer,
    send: (message) => {
      if (process.connected) process.send!(message)
    },
  })
  process.on('message', (message: ToEngine) => {
    void engine.receive(message).then(() => {
      if (message.kind !== 'stop') return
      process.removeAllListeners('disconnect')
      process.disconnect()
    })
  })
  // Whoever stops Weir stops this one over the line, once it has handed over what it has.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  process.on('disconnect', () => {
    // Nobody is left to tell: what is not sealed is still in the journal.
    process.kill(process.pid, 'SIGKILL')
  })
}
