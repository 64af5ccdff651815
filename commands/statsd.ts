import type { Command } from 'commander'
import { callControl } from '../core/control.ts'
import { exitCodes } from './exit_codes.ts'
import { type ConfigOptions, dataFolderFor } from './load_config.ts'
import { addStatsdParse } from './statsd_parse.ts'
import type { DeletedRow, LiveRow, ShownRow } from './statsd_operations.ts'
import { formatTable } from './table.ts'
import { coloured, writeLine, type World } from './world.ts'

const kinds = ['counters', 'timers', 'gauges', 'sets'] as const
type Kind = (typeof kinds)[number]

export function registerStatsd(program: Command, world: World): void {
  const statsd = program
    .command('statsd')
    .description('look into the metrics of a running Weir')
    .addHelpText(
      'before',
      `Examples:
  weir statsd counters                     counters of the interval so far
  weir statsd timers --json | jq .
  weir statsd delgauges old.host.*         forget gauges
  weir statsd live                         lines as they come, and why some are refused
  echo 'a.b:1|c|@0.1' | weir statsd parse   what a line means
`,
    )
  for (const kind of kinds) addShowing(statsd, world, kind)
  for (const kind of kinds) addDeleting(statsd, world, kind)
  addLive(statsd, world)
  addStatsdParse(statsd, world)
}

/** A stopped Weir has no metrics in memory, so there is nothing but the running one to ask. */
async function* ask(world: World, command: Command, operation: string, args: object) {
  const folder = await dataFolderFor(world, command.optsWithGlobals<ConfigOptions>())
  yield* callControl(folder, operation, { ...args })
}

function addShowing(statsd: Command, world: World, kind: Kind): void {
  statsd
    .command(kind)
    .description(`${kind} with their values since the last flush`)
    .option('--json', 'as NDJSON')
    .addHelpText(
      'before',
      `Examples:\n  weir statsd ${kind}\n  weir statsd ${kind} --json | jq .name\n`,
    )
    .action(async (_options, command: Command) => {
      const { json } = command.opts<{ json?: true }>()
      const rows: string[][] = []
      for await (const item of ask(world, command, 'statsd.show', { kind })) {
        const { name, value } = item as ShownRow
        if (json) await writeLine(world.stdout, JSON.stringify({ name, value }))
        else rows.push([name, typeof value === 'number' ? String(value) : value.join(' ')])
      }
      if (!json) await writeLine(world.stdout, formatTable(['NAME', 'VALUE'], rows))
    })
}

function addDeleting(statsd: Command, world: World, kind: Kind): void {
  statsd
    .command(`del${kind}`)
    .description(`forget ${kind}`)
    .argument('<name...>', 'names, or a.b.* for all below a.b')
    .addHelpText('before', `Examples:\n  weir statsd del${kind} old.host.* one.more\n`)
    .action(async (buckets: string[], _options, command: Command) => {
      for await (const item of ask(world, command, 'statsd.delete', { kind, buckets })) {
        const { bucket, deleted } = item as DeletedRow
        for (const name of deleted) await writeLine(world.stdout, `deleted: ${name}`)
        if (deleted.length > 0) continue
        world.stderr.write(`there is no series ${bucket} among the ${kind}\n`)
        world.setExitCode(exitCodes.failure)
      }
    })
}

function addLive(statsd: Command, world: World): void {
  statsd
    .command('live')
    .description('lines as they come, accepted or refused with the reason, until it is interrupted')
    .option('--refused', 'only refused ones')
    .option('--json', 'as NDJSON')
    .addHelpText('before', `Examples:\n  weir statsd live\n  weir statsd live --refused\n`)
    .action(async (_options, command: Command) => {
      const { json, refused } = command.opts<{ json?: true; refused?: true }>()
      const colour = coloured(world, world.stdout)
      for await (const item of ask(world, command, 'statsd.live', {})) {
        const row = item as LiveRow
        if ('unseen' in row) {
          world.stderr.write(`${row.unseen} more\n`)
          continue
        }
        if (refused && row.refused === undefined) continue
        const verdict = row.refused === undefined ? '' : colour('red', `  (${row.refused})`)
        await writeLine(world.stdout, json ? JSON.stringify(row) : `${visible(row.text)}${verdict}`)
      }
    })
}

/** Control characters of a stranger's line do nothing to a terminal. */
const visible = (text: string) =>
  // eslint-disable-next-line no-control-regex
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (one) => JSON.stringify(one).slice(1, -1))
