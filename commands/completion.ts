import type { Command } from 'commander'
import { everyCommand } from './every_command.ts'
import type { World } from './world.ts'

const shells = ['bash', 'zsh', 'fish'] as const

export function registerCompletion(program: Command, world: World): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .argument('<shell>', shells.join(', '))
    .addHelpText(
      'before',
      `Examples:
  weir completion bash > /etc/bash_completion.d/weir
  weir completion zsh > "\${fpath[1]}/_weir"
  weir completion fish > ~/.config/fish/completions/weir.fish
`,
    )
    .action((shell: string, _options, command: Command) => {
      const script = scripts[shell as keyof typeof scripts]
      if (!script) command.error(`error: no completion for "${shell}": ${shells.join(', ')}`)
      world.stdout.write(script(wordsOf(program)))
    })
}

interface Words {
  /** The commands that lead there: `[]`, `['journal']`, `['journal', 'cat']`. */
  readonly path: readonly string[]
  readonly commands: readonly { name: string; description: string }[]
  readonly options: readonly { long: string; description: string }[]
}

/** What can follow each command, as commander knows it. */
function wordsOf(program: Command): Words[] {
  const global = program.options
  return everyCommand(program).map((command) => {
    const path: string[] = []
    for (let at: Command | null = command; at?.parent; at = at.parent) path.unshift(at.name())
    const options = [...new Set([...command.options, ...global])]
    return {
      path,
      commands: command.commands.map((each) => ({
        name: each.name(),
        description: each.description(),
      })),
      options: options
        .filter((option) => option.long)
        .map((option) => ({ long: option.long!, description: option.description })),
    }
  })
}

const following = ({ commands, options }: Words) =>
  [...commands.map((command) => command.name), ...options.map((option) => option.long)].join(' ')

const scripts = {
  bash: (words: readonly Words[]) => `# bash completion for weir
_weir() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$previous" in
    -c|--config) COMPREPLY=($(compgen -f -- "$current")); return ;;
    -d|--data-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  case "$path" in
${words.map((each) => `    "${each.path.join(' ')}") COMPREPLY=($(compgen -W "${following(each)}" -- "$current")) ;;`).join('\n')}
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _weir weir
`,
  zsh: (words: readonly Words[]) => `#compdef weir
_weir() {
  local -a typed
  typed=(\${\${words[2,CURRENT-1]}:#-*})
  case "\${(j: :)typed}" in
${words.map((each) => `    "${each.path.join(' ')}") compadd -- ${following(each)} ;;`).join('\n')}
    *) _files ;;
  esac
}
compdef _weir weir
`,
  fish: (words: readonly Words[]) => `# fish completion for weir
${words
  .flatMap(({ path, commands, options }) => {
    const when =
      path.length === 0
        ? '__fish_use_subcommand'
        : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
    const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`
    return [
      ...commands.map(
        ({ name, description }) =>
          `complete -c weir -f -n '${when}' -a ${name} -d ${quoted(description)}`,
      ),
      ...options.map(
        ({ long, description }) =>
          `complete -c weir -n '${when}' -l ${long.slice(2)} -d ${quoted(description)}`,
      ),
    ]
  })
  .join('\n')}
`,
}
