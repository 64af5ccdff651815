import type { Command } from 'commander'
import type { LiveEvent } from '../store/live_tail.ts'
import { eventLine } from './ask/event_line.ts'
import { type ConfigOptions, dataFolderFor } from './load_config.ts'
import { operate } from './operate.ts'
import { coloured, writeLine, type World } from './world.ts'

interface TailOptions extends ConfigOptions {
  readonly index: string
  readonly json?: true
}

export function registerTail(program: Command, world: World): void {
  program
    .command('tail')
    .summary('see events arrive')
    .description(
      'Prints events as they become durable, from now on, until it is interrupted. Who cannot keep up is told how many were left out.',
    )
    .argument('[query]', 'as in weir query, without regular expressions', '')
    .option('-i, --index <names>', 'streams, with * and commas', 'logs-*')
    .option('--json', 'whole events as NDJSON')
    .addHelpText(
      'before',
      `Examples:
  weir tail
  weir tail 'log.level:(error OR warn) AND service.name:shop'
  weir tail --json | jq .message
`,
    )
    .action(async (text: string, _options, self: Command) => {
      const options = self.optsWithGlobals<TailOptions>()
      const folder = await dataFolderFor(world, options)
      const print = eventLine(world, world.stdout)
      const colour = coloured(world, world.stderr)
      const args = { query: text, target: options.index }
      for await (const item of operate(world, folder, 'store.tail', args)) {
        const found = item as LiveEvent | { readonly skipped: number }
        if ('skipped' in found) {
          world.stderr.write(`${colour('yellow', `${found.skipped} left out`)}\n`)
        } else {
          const { event } = found
          await writeLine(world.stdout, options.json ? JSON.stringify(event) : print(event))
        }
      }
    })
}
