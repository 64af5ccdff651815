import { Argument, type Command } from 'commander'
import { scripts } from './completion/scripts.ts'
import { wordsOf } from './completion/words.ts'
import type { World } from './world.ts'

export function registerCompletion(program: Command, world: World): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'whose script').choices(Object.keys(scripts)))
    .addHelpText(
      'before',
      `Examples:
  weir completion bash > /etc/bash_completion.d/weir
  weir completion zsh > "\${fpath[1]}/_weir"
  weir completion fish > ~/.config/fish/completions/weir.fish
`,
    )
    .action((shell: keyof typeof scripts) => {
      world.stdout.write(scripts[shell](wordsOf(program)))
    })
}
