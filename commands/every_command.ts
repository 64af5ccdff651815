import type { Command } from 'commander'

/** A command and all below it. */
export function everyCommand(program: Command): Command[] {
  return [program, ...program.commands.flatMap((command) => everyCommand(command as Command))]
}
