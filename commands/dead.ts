import type { Command } from 'commander'
import { exitCodes } from './exit_codes.ts'
import { wholeNumber } from './journal.ts'
import { dataFolderFor, type ConfigOptions } from './load_config.ts'
import { operate } from './operate.ts'
import type { ReplayOutcome } from './operations.ts'
import { formatTable } from './table.ts'
import { writeLine, type World } from './world.ts'

/** A dead letter, as `dead.ls` and `dead.show` yield them; `show` adds the raw event. */
export interface DeadLetter {
  /** Id of the event. */
  readonly id: string
  /** The output that could not deliver it. */
  readonly output: string
  /** When it was refused, ISO 8601. */
  readonly time: string
  readonly reason: string
  readonly detail: string
  readonly target: string
  readonly tag: string
  readonly event?: string
}

export function registerDead(program: Command, world: World): void {
  const dead = program
    .command('dead')
    .description('dead letters: events that a target refused for good')
    .addHelpText(
      'before',
      `Examples:
  weir dead ls                             all of them, with their reasons
  weir dead show 01JD…-17                  one, with its raw event
  weir dead replay --output elasticsearch  send them again, once the mapping is fixed
  weir dead drop 01JD…-17
`,
    )
  addLooking(dead, world)
  addDeciding(dead, world)
}

interface Selection extends ConfigOptions {
  readonly output?: string
  readonly all?: true
}

function addLooking(dead: Command, world: World): void {
  dead
    .command('ls')
    .description('list them, oldest first')
    .option('-o, --output <id>', 'only those of this output')
    .option('-n, --limit <number>', 'stop after so many', wholeNumber)
    .option('--json', 'as NDJSON')
    .addHelpText(
      'before',
      `Examples:
  weir dead ls --output elasticsearch --limit 20
  weir dead ls --json | jq -r .reason | sort | uniq -c
`,
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<Selection & { limit?: number; json?: true }>()
      const { output, limit } = options
      const rows: string[][] = []
      for await (const item of ask(world, options, 'dead.ls', { output, limit })) {
        const letter = item as DeadLetter
        if (options.json) await writeLine(world.stdout, JSON.stringify(letter))
        else rows.push([letter.time, letter.output, letter.id, letter.reason, letter.detail])
      }
      if (options.json) return
      if (rows.length === 0) world.stderr.write('no dead letters\n')
      else
        await writeLine(
          world.stdout,
          formatTable(['TIME', 'OUTPUT', 'ID', 'REASON', 'DETAIL'], rows),
        )
    })
  dead
    .command('show')
    .description('one with everything that is known of it')
    .argument('<id>', 'event id')
    .addHelpText('before', 'Examples:\n  weir dead show 01JD…-17 | jq .event\n')
    .action(async (id: string, _options, command: Command) => {
      for await (const item of ask(world, command.optsWithGlobals(), 'dead.show', { id })) {
        await writeLine(world.stdout, JSON.stringify(item, null, 2))
      }
    })
}

function addDeciding(dead: Command, world: World): void {
  addVerb(dead, 'replay', 'send them again; those delivered are dead letters no longer')
    .addHelpText(
      'before',
      `Examples:
  weir dead replay --output elasticsearch   once the mapping is fixed
  weir dead replay 01JD…-17 01JD…-18
  weir dead replay --all
Exit code 1 when none was delivered.
`,
    )
    .action(async (ids: string[], _options, command: Command) => {
      const total = { delivered: 0, refused: 0 }
      for await (const item of ask(world, ...selected('dead.replay', ids, command))) {
        // Our own process of the same version answers, so the shape is known.
        const { output, delivered, refused } = item as ReplayOutcome
        const line = `${output}: ${delivered} delivered, ${refused} refused again`
        await writeLine(world.stdout, line)
        total.delivered += delivered
        total.refused += refused
      }
      if (total.delivered === 0 && total.refused > 0) world.setExitCode(exitCodes.failure)
    })
  addVerb(dead, 'drop', 'delete them for good')
    .addHelpText(
      'before',
      `Examples:
  weir dead drop 01JD…-17
  weir dead drop --output old-output
`,
    )
    .action(async (ids: string[], _options, command: Command) => {
      for await (const item of ask(world, ...selected('dead.drop', ids, command))) {
        await writeLine(world.stdout, String(item))
      }
    })
}

function addVerb(dead: Command, verb: string, description: string): Command {
  return dead
    .command(verb)
    .description(description)
    .argument('[id...]', 'event ids')
    .option('-o, --output <id>', 'all of this output')
    .option('--all', 'all there are')
}

/** The options, operation and arguments for what the command line chose; choosing nothing is a mistake. */
function selected(operation: string, ids: string[], command: Command) {
  const options = command.optsWithGlobals<Selection>()
  const { output, all } = options
  if (ids.length === 0 && output === undefined && !all) {
    command.error(`error: name event ids, --output or --all`)
  }
  return [options, operation, { ids: ids.length === 0 ? undefined : ids, output }] as const
}

async function* ask(world: World, options: ConfigOptions, operation: string, args: object) {
  yield* operate(world, await dataFolderFor(world, options), operation, { ...args })
}
