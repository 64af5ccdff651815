import { CommanderError } from 'commander'
import { ConfigError, WeirError } from '../core/errors.ts'

/** How `weir` ends, for scripts and service managers; docs/COMMANDS.md lists them. */
export const exitCodes = {
  ok: 0,
  /** The command could not do its work, or `check` found problems. */
  failure: 1,
  /** The command line is wrong. */
  usage: 2,
  /** EX_UNAVAILABLE: no Weir runs, or an address cannot be listened on. */
  unavailable: 69,
  /** EX_TEMPFAIL: another process holds the data folder; later it may work. */
  locked: 75,
  /** EX_CONFIG: the config has mistakes; starting again does not help. */
  config: 78,
} as const

/** The exit code for what a command threw. */
export function exitCodeOf(failure: unknown): number {
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : exitCodes.usage
  if (!(failure instanceof WeirError)) return exitCodes.failure
  if (failure.code === 'WEIR_DATA_LOCKED') return exitCodes.locked
  if (failure.code === 'WEIR_LISTEN_FAILED' || failure.code === 'WEIR_NOT_RUNNING') {
    return exitCodes.unavailable
  }
  // What a worker thread found arrives as a plain error with its code.
  const isConfig = failure instanceof ConfigError || failure.code === 'WEIR_CONFIG_INVALID'
  return isConfig ? exitCodes.config : exitCodes.failure
}
