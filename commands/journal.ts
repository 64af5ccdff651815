import { InvalidArgumentError, type Command } from 'commander'
import { WeirError } from '../core/errors.ts'
import { formatSize } from '../core/size_text.ts'
import { dataFolderFor, type ConfigOptions } from './load_config.ts'
import { operate } from './operate.ts'
import { formatTable } from './table.ts'
import { writeLine, type World } from './world.ts'

/** What `journal.ls` yields, once. Times are ISO 8601, sizes bytes. */
export interface JournalListing {
  readonly partitions: readonly {
    readonly name: string
    readonly segments: number
    readonly bytes: number
    readonly events: number
  }[]
  readonly segments: readonly {
    readonly id: string
    readonly partition: string
    readonly bytes: number
    readonly events: number
    readonly oldest: string | null
  }[]
  readonly readers: readonly {
    readonly id: string
    readonly segment: string | null
    readonly ordinal: number
    readonly lag_bytes: number
    readonly lag_events: number
    readonly lag_seconds: number
    /** Whether the config still names it; null when no Weir runs that could know. */
    readonly configured: boolean | null
  }[]
}

/** What `journal.cat` yields for each event: `line` is its JSON text. */
export interface CatLine {
  readonly id: string
  readonly stream: string
  readonly tag: string
  readonly line: string
}

/** What `journal.verify` yields for each damage. */
export interface JournalProblem {
  readonly file: string
  readonly offset: number
  readonly message: string
}

export function registerJournal(program: Command, world: World): void {
  const journal = program
    .command('journal')
    .description('look into the journal, move its readers')
    .addHelpText(
      'before',
      `Examples:
  weir journal ls                              readers with their lag, segments
  weir journal cat --tag nginx.access | jq .   events, as they are kept
  weir journal seek elasticsearch 2026-11-21T10:00:00Z
  weir journal forget old-output
A running Weir is asked over <data folder>/weir.sock; a stopped one's folder is opened under its lock.
`,
    )
  addReading(journal, world)
  addMoving(journal, world)
}

function addReading(journal: Command, world: World): void {
  journal
    .command('ls')
    .description('readers with their lag, partitions and segments')
    .option('--json', 'as JSON')
    .addHelpText(
      'before',
      `Examples:
  weir journal ls
  weir journal ls --json | jq '.readers[] | {id, lag_seconds}'
`,
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ConfigOptions & { json?: true }>()
      for await (const item of ask(world, options, 'journal.ls', {})) {
        // Our own process of the same version answers, so the shape is known.
        const listing = item as JournalListing
        await writeLine(world.stdout, options.json ? JSON.stringify(item) : formatListing(listing))
      }
    })
  journal
    .command('cat')
    .description('events as NDJSON, oldest first')
    .option('--from <place>', 'event id or ISO time to begin at')
    .option('--stream <name>', 'only this stream')
    .option('--tag <pattern>', 'only tags that fit: * one part, ** any, {a,b}')
    .option('-n, --limit <events>', 'stop after so many', wholeNumber)
    .option('--ids', 'id, tag and a tab before each event')
    .addHelpText(
      'before',
      `Examples:
  weir journal cat --tag 'nginx.*' | jq .message
  weir journal cat --from 2026-11-21T10:00:00Z --limit 100
Metric points and reports of errors are lines too: --tag or --stream tells which events are wanted.
What is damaged is left out; that is said at the end, with exit code 1.
`,
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<
        ConfigOptions & { from?: string; stream?: string; tag?: string; limit?: number; ids?: true }
      >()
      const { from, stream, tag, limit, ids } = options
      let left = limit ?? Infinity
      if (left === 0) return
      for await (const item of ask(world, options, 'journal.cat', { from, stream, tag, limit })) {
        const event = item as CatLine
        const before = ids ? `${event.id}\t${event.tag}\t` : ''
        await writeLine(world.stdout, before + event.line)
        if (--left === 0) return
      }
    })
  journal
    .command('verify')
    .description(
      'check every byte against its checksum, and change nothing; exit code 1 when it is not whole',
    )
    .addHelpText('before', 'Examples:\n  weir journal verify --data-dir /srv/weir\n')
    .action(async (_options, command: Command) => {
      let damaged = 0
      for await (const item of ask(world, command.optsWithGlobals(), 'journal.verify', {})) {
        const { file, offset, message } = item as JournalProblem
        await writeLine(world.stdout, `${file}:${offset}: ${message}`)
        damaged += 1
      }
      if (damaged > 0) {
        throw new WeirError(
          'WEIR_JOURNAL_CORRUPT',
          `the journal is not whole: ${damaged} ${damaged === 1 ? 'place' : 'places'}`,
        )
      }
      world.stderr.write('the journal is whole\n')
    })
}

function addMoving(journal: Command, world: World): void {
  journal
    .command('seek')
    .description('move a reader: what lies behind is sent again, what lies ahead is skipped')
    .argument('<reader>', 'its id, as `weir journal ls` shows it')
    .argument('<to>', '`start`, `end`, an ISO time or an event id')
    .addHelpText(
      'before',
      `Examples:
  weir journal seek elasticsearch 2026-11-21T10:00:00Z
  weir journal seek elasticsearch start
  weir journal seek file end
`,
    )
    .action(async (id: string, to: string, _options, command: Command) => {
      for await (const _ of ask(world, command.optsWithGlobals(), 'journal.seek', { id, to }));
      world.stderr.write(`${id} goes on at ${to}\n`)
    })
  journal
    .command('forget')
    .description('drop a reader that no config names any more, so that it holds up nothing')
    .argument('<reader>', 'its id, as `weir journal ls` shows it')
    .addHelpText('before', 'Examples:\n  weir journal forget old-output\n')
    .action(async (id: string, _options, command: Command) => {
      for await (const _ of ask(world, command.optsWithGlobals(), 'journal.forget', { id }));
      world.stderr.write(`${id} is forgotten\n`)
    })
}

async function* ask(world: World, options: ConfigOptions, operation: string, args: object) {
  yield* operate(world, await dataFolderFor(world, options), operation, { ...args })
}

function formatListing({ readers, partitions, segments }: JournalListing): string {
  const readerTable = formatTable(
    ['READER', 'LAG', 'EVENTS', 'SECONDS', 'AT', ''],
    readers.map((reader) => [
      reader.id,
      formatSize(reader.lag_bytes),
      String(reader.lag_events),
      reader.lag_seconds.toFixed(1),
      reader.segment === null ? '-' : `${reader.segment}-${reader.ordinal}`,
      reader.configured === false ? 'not in the config: weir journal forget' : '',
    ]),
  )
  const partitionTable = formatTable(
    ['PARTITION', 'SEGMENTS', 'SIZE', 'EVENTS'],
    partitions.map((each) => [
      each.name,
      String(each.segments),
      formatSize(each.bytes),
      String(each.events),
    ]),
  )
  const segmentTable = formatTable(
    ['SEGMENT', 'PARTITION', 'SIZE', 'EVENTS', 'OLDEST EVENT'],
    segments.map((each) => [
      each.id,
      each.partition,
      formatSize(each.bytes),
      String(each.events),
      each.oldest ?? '-',
    ]),
  )
  return [readerTable, partitionTable, segmentTable].join('\n\n')
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.')
  return Number(text)
}
