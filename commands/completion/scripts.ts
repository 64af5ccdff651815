import type { CommandWords, OptionWords, ValueWords } from './words.ts'

/** Completion scripts, by shell. */
export const scripts = { bash, zsh, fish } as const

/** How a POSIX-like shell offers words, and paths. */
interface Offers {
  readonly words: (words: readonly string[]) => string
  readonly files: string
  readonly folders: string
}

function bash(commands: readonly CommandWords[]): string {
  const compgen = (what: string) => `mapfile -t COMPREPLY < <(compgen ${what} -- "$current")`
  const offers: Offers = {
    words: (words) => compgen(`-W "${words.join(' ')}"`),
    files: `compopt -o filenames 2>/dev/null; ${compgen('-f')}`,
    folders: `compopt -o filenames 2>/dev/null; ${compgen('-d')}`,
  }
  return `# bash completion for weir
_weir() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" route="" skip="" word
  # Bash takes --config=file apart.
  if [[ $current == "=" ]]; then current=""
  elif [[ $previous == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
${routeLoop(commands, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
${cases(commands, offers)}
}
complete -F _weir weir
`
}

function zsh(commands: readonly CommandWords[]): string {
  const offers: Offers = {
    words: (words) => `compadd -- ${words.join(' ')}`,
    files: '_files',
    folders: '_files -/',
  }
  return `#compdef weir
_weir() {
  local current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}" route="" skip="" word
${routeLoop(commands, '"${(@)words[2,CURRENT-1]}"')}
${cases(commands, offers)}
}
compdef _weir weir
`
}

/** Sets \`route\` to the words before the cursor that are neither options nor their values. */
function routeLoop(commands: readonly CommandWords[], words: string): string {
  const valued = flagsOf(optionsOf(commands).filter(({ value }) => value))
  return `  for word in ${words}; do
    if [[ $word == "=" ]]; then skip=1; continue; fi
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$word" in
      ${valued.join('|')}) skip=1 ;;
      -*) ;;
      *) route="\${route:+$route }$word" ;;
    esac
  done`
}

function cases(commands: readonly CommandWords[], offers: Offers): string {
  const options = valuedFlags(commands).flatMap(([flag, uses]) => {
    const kinds = new Set(uses.map(({ value }) => JSON.stringify(value)))
    // One flag may take other values behind another command.
    const where = kinds.size > 1 ? uses : [{ path: [], value: uses[0]!.value }]
    return where.map(({ path, value }) => {
      const route = path.length === 0 ? '' : `"${path.join(' ')}"`
      return `    ${route}*" ${flag}") ${offerOf(value, offers)}; return ;;`
    })
  })
  const routes = commands.flatMap((command) => {
    const { path, values } = command
    const route = path.join(' ')
    const first = values[0]?.kind === 'choice' ? values[0].choices : []
    const names = command.commands.map(({ name }) => name)
    const longs = command.options.flatMap(({ flags }) => flags.slice(-1))
    const own = `    "${route}") ${offers.words([...names, ...first, ...longs])} ;;`
    if (path.length === 0 || names.length > 0) return [own]
    const later = values.at(-1)?.kind === 'file' ? offers.files : ':'
    const dashed = `if [[ $current == -* ]]; then ${offers.words(longs)}; else ${later}; fi`
    return [own, `    "${route} "*) ${dashed} ;;`]
  })
  return `  case "$route $previous" in
${options.join('\n')}
  esac
  case "$route" in
${routes.join('\n')}
  esac`
}

function offerOf(value: ValueWords, { words, files, folders }: Offers): string {
  if (value.kind === 'choice') return words(value.choices)
  return { file: files, folder: folders, text: ':' }[value.kind]
}

interface FlagUse {
  readonly path: readonly string[]
  readonly value: ValueWords
}

/** Every flag that takes a value, with the commands that have it, the longest path first. */
function valuedFlags(commands: readonly CommandWords[]): [string, FlagUse[]][] {
  const uses = new Map<string, FlagUse[]>()
  for (const { path, options } of commands.toSorted((a, b) => b.path.length - a.path.length)) {
    for (const { flags, value } of options) {
      if (value)
        for (const flag of flags) uses.set(flag, [...(uses.get(flag) ?? []), { path, value }])
    }
  }
  return [...uses]
}

/** Every option once; those of one name mean the same everywhere. */
function optionsOf(commands: readonly CommandWords[]): OptionWords[] {
  const options = new Map<string, OptionWords>()
  for (const command of commands) {
    for (const option of command.options) options.set(option.flags.join(), option)
  }
  return [...options.values()]
}

function flagsOf(options: readonly OptionWords[]): string[] {
  return [...new Set(options.flatMap(({ flags }) => flags))]
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ path, commands: below, options, values }) => {
    const when =
      path.length === 0
        ? '__fish_use_subcommand'
        : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
    const [first] = values
    return [
      ...below.map(
        ({ name, description }) =>
          `complete -c weir -f -n '${when}' -a ${name} -d ${quoted(description)}`,
      ),
      ...(first?.kind === 'choice'
        ? [`complete -c weir -n '${when}' -a ${quoted(first.choices.join(' '))}`]
        : []),
      ...options.map(
        ({ flags, description, value }) =>
          `complete -c weir -n '${when}' ${fishFlags(flags)}${fishValue(value)} -d ${quoted(description)}`,
      ),
    ]
  })
  return `# fish completion for weir\n${lines.join('\n')}\n`
}

const fishFlags = (flags: readonly string[]) =>
  flags
    .map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
    .join(' ')

function fishValue(value: ValueWords | undefined): string {
  if (!value) return ''
  if (value.kind === 'choice') return ` -x -a ${quoted(value.choices.join(' '))}`
  if (value.kind === 'folder') return " -x -a '(__fish_complete_directories)'"
  return value.kind === 'file' ? ' -r -F' : ' -x'
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
