import { CommanderError } from 'commander'
import { nearest } from '../core/config/nearest.ts'
import { exitCodes } from './exit_codes.ts'

/** Every command, in the order in which help shows them. */
export const commandNames = [
  'start',
  'check',
  'parse',
  'query',
  'tail',
  'histogram',
  'top',
  'export',
  'import',
  'backup',
  'restore',
  'store',
  'journal',
  'dead',
  'statsd',
  'project',
  'errors',
  'alerts',
  'send',
  'convert',
  'completion',
  'version',
] as const
export type CommandName = (typeof commandNames)[number]

/** For a word that is no command. */
export function unknownCommand(word: string): CommanderError {
  const near = nearest(word, commandNames)
  const hint =
    near === undefined ? `the commands are ${commandNames.join(', ')}` : `did you mean "${near}"?`
  const text = `unknown command "${word}": ${hint}`
  return new CommanderError(exitCodes.usage, 'weir.unknownCommand', text)
}
