import { resolve } from 'node:path'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import type { ImportProgress } from '../collector/inputs/import/progress.ts'
import { messageOf, WeirError } from '../core/errors.ts'
import { exitCodes } from './exit_codes.ts'
import { type ConfigOptions, dataFolderFor } from './load_config.ts'
import { grouped, Progress } from './progress.ts'
import type { World } from './world.ts'

interface ImportOptions extends ConfigOptions {
  readonly parser: string
  readonly option: readonly string[]
  readonly tag: string
  readonly multiline?: string
  readonly encoding?: string
}

export function registerImport(program: Command, world: World): void {
  program
    .command('import')
    .summary('take in old logs')
    .description(
      'Takes in files, or all files of folders, gzip ones too, through the Weir that runs on the data folder: by any parser, with the times in the lines, as any other event through its filters and outputs. Begun again after an interruption it goes on where it was; what was imported with the same tag and parser does not come twice.',
    )
    .addArgument(new Argument('<file...>', 'files or folders'))
    .option('-p, --parser <type>', 'how a line becomes an event, as in weir parse', 'none')
    .option(
      '-o, --option <name=value>',
      'an option of the parser, as in the config; again for more',
      (pair: string, before: string[]) => [...before, pair],
      [],
    )
    .option('-t, --tag <tag>', 'tag of the events: it routes them and names their stream', 'import')
    .option(
      '--multiline <pattern>',
      'lines that match begin an event, the others go on with it',
      regexpText,
    )
    .option('--encoding <name>', 'encoding of the files; default: utf-8')
    .addHelpText(
      'before',
      `Examples:
  weir import /var/log/nginx/access.log* --parser nginx --tag nginx.access
  weir import old-logs/ --parser json --tag shop
  weir import syslog.2.gz -p syslog -o timezone=Europe/Berlin -t syslog
Try the parser first: weir parse nginx access.log | head
`,
    )
    .action(async (paths: string[], _options, self: Command) => {
      await importFiles(world, paths, self.optsWithGlobals<ImportOptions>())
    })
}

function regexpText(text: string): string {
  try {
    new RegExp(text)
    return text
  } catch (failure) {
    throw new InvalidArgumentError(`It is no regular expression: ${messageOf(failure)}`)
  }
}

async function importFiles(
  world: World,
  paths: readonly string[],
  options: ImportOptions,
): Promise<void> {
  const { tag, encoding, multiline } = options
  const { parserConfig } = await import('./parse.ts')
  const args = {
    paths: paths.map((path) => resolve(world.cwd, path)),
    tag,
    parser: parserConfig(options.parser, options),
    ...(encoding !== undefined && { encoding }),
    ...(multiline !== undefined && { start_pattern: multiline }),
  }
  const folder = await dataFolderFor(world, options)
  const [{ callControl }, { systemClock }] = await Promise.all([
    import('../core/control.ts'),
    import('../core/clock.ts'),
  ])
  const progress = new Progress(world.stderr, systemClock)
  let last: ImportProgress | undefined
  try {
    for await (const item of callControl(folder, 'import', args)) {
      last = item as ImportProgress
      if (!last.done) progress.show(last.bytes, last.total_bytes, last.events, 'events')
    }
  } catch (failure) {
    progress.clear()
    throw failure instanceof WeirError ? explained(failure, last) : failure
  }
  progress.clear()
  const { problems = [], events = 0, files = 0, impaired = 0 } = last ?? {}
  for (const problem of problems) world.stderr.write(`${problem}\n`)
  const seconds = progress.seconds.toFixed(1)
  const from = files === 1 ? '1 file' : `${grouped(files)} files`
  const taken = events === 1 ? '1 event' : `${grouped(events)} events`
  world.stderr.write(`${taken} from ${from} in ${seconds} s\n`)
  if (impaired > 0) {
    const text = `${grouped(impaired)} did not arrive whole, mostly lines that do not fit the parser, which are kept as text and not among the events: see "impaired" in /api/status, and docs/METRICS.md\n`
    world.stderr.write(text)
  }
  if (events === 0 && impaired === 0 && problems.length === 0) {
    world.stderr.write(
      'nothing new: what was imported with this tag and parser is not taken again\n',
    )
  }
  if (problems.length > 0) world.setExitCode(exitCodes.failure)
}

function explained(failure: WeirError, last: ImportProgress | undefined): WeirError {
  if (failure.code !== 'WEIR_NOT_RUNNING') return failure
  const text = last
    ? `${failure.message}: start it and import again, and it goes on where it was`
    : `${failure.message}, and an import goes through a running one: start it (weir start), and import again`
  return new WeirError(failure.code, text, { cause: failure })
}
