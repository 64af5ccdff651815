import type { Command } from 'commander'
import type { LiveEvent } from '../store/live_tail.ts'
import { WeirError } from '../core/errors.ts'
import { parseExact } from '../core/exact_json.ts'
import { eventLine } from './ask/event_line.ts'
import { askRemote } from './ask/remote.ts'
import { type ConfigOptions, dataFolderFor } from './load_config.ts'
import { operate } from './operate.ts'
import { coloured, writeLine, type World } from './world.ts'

interface TailOptions extends ConfigOptions {
  readonly index: string
  readonly json?: true
  readonly url?: string
  readonly token?: string
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
    .option('--url <url>', 'follow the Weir there, instead of the one on the data folder')
    .option('--token <secret>', 'token with the scope `read`, for --url (environment: WEIR_TOKEN)')
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
      const print = eventLine(world, world.stdout)
      const colour = coloured(world, world.stderr)
      for await (const found of followed(world, text, options)) {
        if ('skipped' in found) {
          world.stderr.write(`${colour('yellow', `${found.skipped} left out`)}\n`)
        } else {
          const { event } = found
          await writeLine(world.stdout, options.json ? JSON.stringify(event) : print(event))
        }
      }
    })
}

type Followed = LiveEvent | { readonly skipped: number }

async function* followed(
  world: World,
  query: string,
  options: TailOptions,
): AsyncGenerator<Followed> {
  const { url, token, index } = options
  if (url === undefined) {
    const folder = await dataFolderFor(world, options)
    const items = operate(world, folder, 'store.tail', { query, target: index })
    for await (const item of items) yield item as Followed
    return
  }
  const asked = new URLSearchParams({ query, index })
  const response = await askRemote({ url, token }, world, `/api/tail?${asked.toString()}`)
  let rest = ''
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split('\n')
    rest = lines.pop()!
    // One line is a whole message, and what kind it is shows in it.
    for (const line of lines) {
      if (line.startsWith('data: ')) yield parseExact(line.slice(6)) as Followed
    }
  }
  throw new WeirError('WEIR_NOT_RUNNING', `${url} has ended`)
}
