import type { Command } from 'commander'
import { formatSize } from '../core/size_text.ts'
import type { Verified } from '../store/embedded/questions.ts'
import type { Adopted } from '../store/embedded/segments/adoption.ts'
import { noteBehind } from './ask/note_behind.ts'
import { exitCodes } from './exit_codes.ts'
import { type ConfigOptions, dataFolderFor } from './load_config.ts'
import { operate } from './operate.ts'
import { formatTable } from './table.ts'
import { writeLine, type World } from './world.ts'

interface Stream {
  readonly name: string
  readonly documents: number
  readonly bytes: number
}

interface Found {
  /** Why what is new is not among it. */
  readonly behind?: string
  readonly streams: readonly Stream[]
  readonly statistics: {
    readonly damaged: readonly Missing[]
    readonly metrics: {
      readonly points: number
      readonly bytes: number
      readonly damaged: readonly Missing[]
    }
  }
}

/** A file that was set aside, and what it has is found no more. */
interface Missing {
  readonly file: string
  readonly rows: number
  readonly reason: string
}

function noteMissing(world: World, { statistics }: Found): void {
  const { damaged, metrics } = statistics
  const named = [
    ...damaged.map((each) => ({ ...each, folder: 'segments', what: 'events' })),
    ...metrics.damaged.map((each) => ({ ...each, folder: 'points', what: 'points' })),
  ]
  for (const { folder, file, rows, what, reason } of named)
    world.stderr.write(`${rows} ${what} are missing: ${folder}/${file}: ${reason}\n`)
  if (named.length > 0) world.setExitCode(exitCodes.failure)
}

/** Of each command, before its help. */
const examples: Readonly<Record<string, string>> = {
  stats: `  weir store stats                        streams with their events and sizes
  weir store stats --json | jq .statistics`,
  verify: `  weir store verify                       of the running Weir, or of one that is stopped
  weir store verify -d /srv/weir`,
  adopt: `  weir store adopt                        what is in store/aside is found again`,
  compact: `  weir store compact                      now, rather than little by little`,
  delete: `  weir store delete logs-debug-default    every event in it so far`,
}

export function registerStore(program: Command, world: World): void {
  const store = program
    .command('store')
    .description('look into the store on this machine, and look after it')
    .addHelpText(
      'before',
      `Examples:
  weir store stats                        streams with their events and sizes
  weir store verify                       read every file and check it
  weir store adopt                        take back what was set aside when the manifest was lost
  weir store compact                      merge small segments now
  weir store delete logs-debug-default    delete a stream for good
`,
    )
  const ask = async (command: Command, operation: string, args: object = {}) => {
    const options = command.optsWithGlobals<ConfigOptions>()
    const folder = await dataFolderFor(world, options)
    const items = operate(world, folder, `store.${operation}`, { ...args }, options)
    for await (const item of items) return item
    return undefined
  }
  store
    .command('stats')
    .description('streams with their events and sizes; exit code 1 when some are missing')
    .option('--json', 'everything that is known, as JSON')
    .action(async (options: { json?: true }, command: Command) => {
      const found = (await ask(command, 'stats')) as Found
      if (found.behind !== undefined) noteBehind(world, found.behind)
      noteMissing(world, found)
      if (options.json) return await writeLine(world.stdout, JSON.stringify(found))
      const rows = found.streams.map(({ name, documents, bytes }) => {
        return [name, String(documents), formatSize(bytes)]
      })
      const { points, bytes } = found.statistics.metrics
      if (points > 0) rows.push(['metric points', String(points), formatSize(bytes)])
      if (rows.length === 0) world.stderr.write('the store is empty\n')
      else await writeLine(world.stdout, formatTable(['STREAM', 'EVENTS', 'SIZE'], rows))
    })
  store
    .command('verify')
    .description(
      'read every file of events and points and check it; exit code 1 when one is damaged or missing',
    )
    .action(async (_options, command: Command) => {
      const folder = await dataFolderFor(world, command.optsWithGlobals<ConfigOptions>())
      const { verified, damaged, aside } = (await ask(command, 'verify')) as Verified
      for (const { file, reason } of aside)
        world.stderr.write(`${folder}/store/${file} was set aside before: ${reason}\n`)
      for (const { file, rows, reason } of damaged)
        await writeLine(world.stdout, `${folder}/store/${file}: ${reason}; ${whatFollows(rows)}`)
      if (damaged.length === 0) world.stderr.write(`${verified} files are whole\n`)
      else world.stderr.write(`damaged: ${damaged.length} of ${verified} files\n`)
      if (damaged.length + aside.length > 0) world.setExitCode(exitCodes.failure)
    })
  store
    .command('adopt')
    .description(
      'take events back that were set aside because manifest.sqlite was lost; exit code 1 when a file cannot be read',
    )
    .action(async (_options, command: Command) => {
      const folder = await dataFolderFor(world, command.optsWithGlobals<ConfigOptions>())
      const { files, rows, left } = (await ask(command, 'adopt')) as Adopted
      for (const { file, reason } of left)
        await writeLine(world.stdout, `${folder}/store/${file}: ${reason}; it stays where it is`)
      world.stderr.write(`${rows} events and documents of ${files} files are in the store again\n`)
      if (left.length > 0) world.setExitCode(exitCodes.failure)
    })
  store
    .command('compact')
    .description('take in what waits, and merge small segments now')
    .action(async (_options, command: Command) => void (await ask(command, 'compact')))
  store
    .command('delete')
    .description('delete a stream for good')
    .argument('<stream>', 'its whole name; weir store stats lists them')
    .action(async (stream: string, _options, command: Command) => {
      await ask(command, 'delete', { stream })
      world.stderr.write(`${stream} is deleted\n`)
    })
  for (const command of store.commands)
    command.addHelpText('before', `Examples:\n${examples[command.name()]}\n`)
}

/** @param rows that were in a damaged file. */
const whatFollows = (rows: number) =>
  rows === 0
    ? 'it only made searches faster, and nothing is lost'
    : `it is set aside, and its ${rows} rows are found no more: what is left of it stays where it is; put there again from a backup it is taken back by the next "weir store verify"`
