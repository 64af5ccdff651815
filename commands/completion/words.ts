import type { Command, Option } from 'commander'
import { everyCommand } from '../every_command.ts'

/** An option as the command line has it. */
export interface OptionWords {
  /** `-c` and `--config`. */
  readonly flags: readonly string[]
  readonly description: string
  /** What follows it; undefined when nothing does. */
  readonly value: ValueWords | undefined
}

/** What a value may be: one of a few words, a path, or a text that nobody can guess. */
export type ValueWords =
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'text' }

/** What can follow a command. */
export interface CommandWords {
  /** The commands that lead there: `[]`, `['journal']`, `['journal', 'cat']`. */
  readonly path: readonly string[]
  readonly commands: readonly { name: string; description: string }[]
  readonly options: readonly OptionWords[]
  /** In order; the last one stands for all that follow. */
  readonly values: readonly ValueWords[]
}

/** What can follow each command, as commander knows it. */
export function wordsOf(program: Command): CommandWords[] {
  return everyCommand(program).map((command) => {
    const path: string[] = []
    for (let at: Command | null = command; at?.parent; at = at.parent) path.unshift(at.name())
    const options = [...new Set([...command.options, ...program.options])]
    return {
      path,
      commands: command.commands.map((each) => ({
        name: each.name(),
        description: each.description(),
      })),
      options: options.map(optionWords),
      values: command.registeredArguments.map((argument) =>
        argument.argChoices
          ? { kind: 'choice', choices: argument.argChoices }
          : valueWords(argument.name()),
      ),
    }
  })
}

function optionWords(option: Option): OptionWords {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined)
  const { description, argChoices: choices } = option
  const takesValue = option.required || option.optional
  // Commander shows the value's name in the flags only: `-c, --config <file>`.
  const name = /[<[](\w+)/.exec(option.flags)?.[1] ?? ''
  const value = choices ? ({ kind: 'choice', choices } as const) : valueWords(name)
  return { flags, description, value: takesValue ? value : undefined }
}

function valueWords(name: string): ValueWords {
  return { kind: name === 'file' || name === 'folder' ? name : 'text' }
}
