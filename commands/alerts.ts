import type { Command } from 'commander'
import { callControl } from '../core/control.ts'
import type { ShownDelivery } from '../errors/alerts/part.ts'
import { wholeNumber } from './journal.ts'
import { type ConfigOptions, dataFolderFor } from './load_config.ts'
import { formatTable } from './table.ts'
import { writeLine, type World } from './world.ts'

export function registerAlerts(program: Command, world: World): void {
  const alerts = program
    .command('alerts')
    .description('what people were told of errors, by a running Weir')
    .addHelpText(
      'before',
      `Examples:
  weir alerts test ops     send a test by the channel "ops" of errors.channels
  weir alerts ls           what was delivered, the newest first, and what was not and why
`,
    )
  alerts
    .command('test')
    .description('send a test by a channel, once, and say what its target answered')
    .argument('<channel>', 'its id in errors.channels; its type where it has none')
    .action(async (channel: string, _options, command: Command) => {
      for await (const said of ask(world, command, 'alerts.test', { channel })) {
        await writeLine(world.stdout, `${channel}: ${String(said)}`)
      }
    })
  alerts
    .command('ls')
    .description('deliveries, the newest first')
    .option('-n, --limit <number>', 'at most so many', wholeNumber, 50)
    .option('--json', 'as NDJSON')
    .action(async (options: { limit: number; json?: true }, command: Command) => {
      const rows: string[][] = []
      for await (const item of ask(world, command, 'alerts.ls', { most: options.limit })) {
        const found = item as ShownDelivery
        if (options.json) await writeLine(world.stdout, JSON.stringify(found))
        const { created, rule, channel, state, attempts, headline, detail } = found
        rows.push([created, rule, channel, state, String(attempts), headline, detail])
      }
      if (options.json) return
      const heads = ['TIME', 'RULE', 'CHANNEL', 'STATE', 'ATTEMPTS', 'ABOUT', 'ANSWER']
      if (rows.length > 0) await writeLine(world.stdout, formatTable(heads, rows))
      else world.stderr.write('nobody was told anything yet\n')
    })
}

async function* ask(world: World, command: Command, operation: string, args: object) {
  const folder = await dataFolderFor(world, command.optsWithGlobals<ConfigOptions>())
  yield* callControl(folder, operation, { ...args })
}
