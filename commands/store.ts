import type { Command } from 'commander'
import { formatSize } from '../core/size_text.ts'
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
  readonly streams: readonly Stream[]
  readonly statistics: { readonly metrics: { readonly points: number; readonly bytes: number } }
}

interface Verified {
  readonly damaged: readonly { readonly file: string; readonly reason: string }[]
}

export function registerStore(program: Command, world: World): void {
  const store = program
    .command('store')
    .description('look into the store on this machine, and look after it')
    .addHelpText(
      'before',
      `Examples:
  weir store stats                        streams with their events and sizes
  weir store verify                       read every segment and check it
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
    .description('streams with their events and sizes')
    .option('--json', 'everything that is known, as JSON')
    .action(async (options: { json?: true }, command: Command) => {
      const found = (await ask(command, 'stats')) as Found
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
    .description('read every segment and check it; exit code 1 when one is damaged')
    .action(async (_options, command: Command) => {
      const { damaged, ...rest } = (await ask(command, 'verify')) as Verified
      for (const { file, reason } of damaged) await writeLine(world.stdout, `${file}: ${reason}`)
      world.stderr.write(`${JSON.stringify(rest)}\n`)
      if (damaged.length > 0) world.setExitCode(exitCodes.failure)
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
}
