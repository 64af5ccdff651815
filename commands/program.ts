import { Command, CommanderError, Help } from 'commander'
import { WeirError } from '../core/errors.ts'
import { commandNames, type CommandName } from './command_names.ts'
import { everyCommand } from './every_command.ts'
import { exitCodeOf, exitCodes } from './exit_codes.ts'
import { version } from './version.ts'
import { coloured, type World } from './world.ts'

/**
 * The commands, each loaded only when it is asked for or all are to be shown: `weir version` must
 * not wait for the parsers.
 */
const commands: Record<CommandName, (program: Command, world: World) => Promise<void>> = {
  start: async (program, world) => (await import('./start.ts')).registerStart(program, world),
  check: async (program, world) => (await import('./check.ts')).registerCheck(program, world),
  parse: async (program) => (await import('./parse.ts')).registerParse(program),
  query: async (program, world) => (await import('./query.ts')).registerQuery(program, world),
  tail: async (program, world) => (await import('./tail.ts')).registerTail(program, world),
  histogram: async (program, world) =>
    (await import('./histogram.ts')).registerHistogram(program, world),
  top: async (program, world) => (await import('./top.ts')).registerTop(program, world),
  export: async (program, world) => (await import('./export.ts')).registerExport(program, world),
  import: async (program, world) => (await import('./import.ts')).registerImport(program, world),
  backup: async (program, world) => (await import('./backup.ts')).registerBackup(program, world),
  restore: async (program, world) => (await import('./restore.ts')).registerRestore(program, world),
  store: async (program, world) => (await import('./store.ts')).registerStore(program, world),
  journal: async (program, world) => (await import('./journal.ts')).registerJournal(program, world),
  dead: async (program, world) => (await import('./dead.ts')).registerDead(program, world),
  statsd: async (program, world) => (await import('./statsd.ts')).registerStatsd(program, world),
  project: async (program, world) => (await import('./project.ts')).registerProject(program, world),
  errors: async (program, world) => (await import('./errors.ts')).registerErrors(program, world),
  alerts: async (program, world) => (await import('./alerts.ts')).registerAlerts(program, world),
  send: async (program, world) => (await import('./send.ts')).registerSend(program, world),
  convert: async (program, world) => (await import('./convert.ts')).registerConvert(program, world),
  completion: async (program, world) =>
    (await import('./completion.ts')).registerCompletion(program, world),
  version: async (program, world) => {
    program
      .command('version')
      .description('print the version')
      .action(() => void world.stdout.write(`${version()}\n`))
  },
}

const examples = `Examples:
  weir                                    start: logs on http://127.0.0.1:4400/in/<tag>
  curl -d '{"message":"hello"}' -H 'content-type: application/json' http://127.0.0.1:4400/in/test
  weir --config weir.yaml                 start with a config
  weir check --config weir.yaml           find every problem without starting
  weir parse nginx access.log             try a parser
  weir query 'log.level:error' --from -1h  find events
  weir tail                               see them arrive
  weir statsd live                        StatsD lines as they come
  weir journal ls                         what waits, and for whom
`

/** Runs the command that `world.argv` names; resolves to the exit code. */
export async function run(world: World): Promise<number> {
  const [first] = world.argv
  if (world.argv.length === 1 && (first === 'version' || first === '--version' || first === '-V')) {
    world.stdout.write(`${version()}\n`)
    return exitCodes.ok
  }
  try {
    const program = await createProgram(world)
    await program.parseAsync([...world.argv], { from: 'user' })
    return exitCodes.ok
  } catch (failure) {
    report(world, failure)
    return exitCodeOf(failure)
  }
}

/** The command line with the commands that `argv` may be about. */
export async function createProgram(world: World): Promise<Command> {
  const program = new Command('weir')
    .usage('[command] [options]')
    .description(
      "takes in an application's logs, metrics and errors, loses none, keeps them to be asked, and ships them on",
    )
    .option('-c, --config <file>', 'config file, YAML (environment: WEIR_CONFIG)')
    .option('-d, --data-dir <folder>', 'where everything is kept')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .configureHelp({
      showGlobalOptions: true,
      sortSubcommands: false,
      // Words after `start` are taken only to say that they are no commands.
      subcommandTerm: (command) => new Help().subcommandTerm(command).replace(' [nothing...]', ''),
    })
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
    })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText('before', `${examples}`)
    .addHelpText(
      'after',
      '\nHelp of one command: weir <command> --help. Exit codes: docs/COMMANDS.md',
    )
  for (const name of namesFor(world.argv)) await commands[name](program, world)
  for (const command of everyCommand(program)) command.exitOverride()
  return program
}

/** Only the command that is asked for; all of them for help, completion and mistakes. */
function namesFor(argv: readonly string[]): readonly CommandName[] {
  const isName = (word: string | undefined) => commandNames.find((name) => name === word)
  const asked = argv.map(isName).find((name) => name !== undefined)
  const needsAll = argv.some((word) => ['help', '--help', '-h', 'completion'].includes(word))
  if (asked !== undefined && asked !== 'completion' && argv[0] === asked) return [asked]
  if (asked !== undefined && !needsAll) return [asked]
  if (argv.length > 0 && argv[0]!.startsWith('-') && !needsAll) return ['start']
  return argv.length === 0 ? ['start'] : commandNames
}

function report(world: World, failure: unknown): void {
  const colour = coloured(world, world.stderr)
  if (failure instanceof CommanderError) {
    // Commander has printed its own errors and the help already.
    if (failure.code !== 'weir.unknownCommand') return
    world.stderr.write(`${colour('red', 'error')}: ${failure.message}\n`)
    return
  }
  if (failure instanceof WeirError) {
    const separator = failure.message.includes('\n') ? '\n' : ' '
    world.stderr.write(
      `${colour('red', 'error')}:${separator}${failure.message}\n(${failure.code})\n`,
    )
    return
  }
  world.stderr.write(`${failure instanceof Error ? failure.stack : String(failure)}\n`)
}
