import type { Command } from 'commander'

/** A query that begins with `-` is taken for an option: the error says where it goes. */
export function hintAtDashes(command: Command): Command {
  return command.configureOutput({
    outputError(text, write) {
      const [, query] = /unknown option '(-.*[:<>=].*)'/.exec(text) ?? []
      write(text)
      if (query === undefined) return
      write(`(a query that begins with - comes after --: weir ${command.name()} -- '${query}')\n`)
    },
  })
}
