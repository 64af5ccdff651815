import { Option, type Command } from 'commander'
import {
  addQuestionOptions,
  allHits,
  ask,
  queryBody,
  type Answer,
  type QuestionOptions,
} from './ask/question.ts'
import {
  cellOf,
  csvOf,
  eventLine,
  fieldNames,
  jsonOf,
  printable,
  summaryOf,
  valueAt,
} from './ask/event_line.ts'
import { hintAtDashes } from './ask/dash_query.ts'
import { wholeNumber } from './journal.ts'
import type { JsonRecord } from '../store/search.ts'
import { writeLine, type World } from './world.ts'

interface QueryOptions extends QuestionOptions {
  readonly fields?: string
  readonly limit: number
  readonly json?: true
  readonly csv?: true
  readonly raw?: true
  readonly reverse?: true
}

/** What one answer may hold. */
const pageMax = 10_000

export function registerQuery(program: Command, world: World): void {
  const command = program
    .command('query')
    .summary('find events')
    .description(
      'Prints the newest events that a query finds, the newest last. The language: docs/QUERY.md',
    )
    .argument('[query]', 'such as: level:error AND url.path:/api/*', '')
  hintAtDashes(addQuestionOptions(command))
    .option('-n, --limit <number>', 'at most so many', wholeNumber, 100)
    .option('--fields <names>', 'only these, comma-separated, as columns')
    .addOption(new Option('--json', 'whole events as NDJSON').conflicts(['csv', 'raw']))
    .addOption(
      new Option(
        '--csv',
        'as CSV, with --fields (default: @timestamp, log.level, message)',
      ).conflicts('raw'),
    )
    .option('--raw', 'only the message; of an event without one its request, or all of it')
    .option('--reverse', 'the newest first')
    .addHelpText(
      'before',
      `Examples:
  weir query 'log.level:error' --from -15m
  weir query 'http.response.status_code>=500 AND NOT url.path:/healthz' --fields url.path,source.ip
  weir query '"out of memory"' --from -1d --json | jq -r .host.name | sort | uniq -c
`,
    )
    .action(async (text: string, options: QueryOptions, self: Command) => {
      await query(world, text, self.optsWithGlobals<QueryOptions>())
    })
}

async function query(world: World, text: string, options: QueryOptions): Promise<void> {
  const request = {
    query: await queryBody(text, options),
    sort: [{ '@timestamp': { order: 'desc', unmapped_type: 'date' } }, { _doc: { order: 'desc' } }],
  }
  const found: JsonRecord[] = []
  if (options.limit <= pageMax) {
    const { hits } = await ask(world, options, { ...request, size: options.limit })
    for (const hit of hits.hits) found.push(hit._source)
    noteRest(world, hits.total, hits.hits.length)
  } else {
    for await (const hit of allHits(world, options, request, pageMax)) {
      found.push(hit._source)
      if (found.length === options.limit) break
    }
  }
  if (!options.reverse) found.reverse()
  const print = printer(world, options)
  for (const event of found) await writeLine(world.stdout, print(event))
}

function noteRest(world: World, total: Answer['hits']['total'], shown: number): void {
  const { value, relation } = total
  const all = relation === 'gte' ? `at least ${value}` : String(value)
  if (value === 0) world.stderr.write('nothing found\n')
  else if (value > shown) world.stderr.write(`the newest ${shown} of ${all}; more with --limit\n`)
}

function printer(world: World, options: QueryOptions): (event: JsonRecord) => string {
  const given = fieldNames(options.fields)
  if (options.json) return (event) => jsonOf(event, given)
  // On a terminal somebody reads it; elsewhere a program does.
  const shown = world.stdout.isTTY ? printable : (text: string) => text
  if (options.raw) return (event) => shown(summaryOf(event))
  if (options.csv) {
    const { head, row } = csvOf(given)
    world.stdout.write(`${head}\n`)
    return row
  }
  if (given) {
    return (event) => shown(given.map((path) => cellOf(valueAt(event, path)) || '-').join('  '))
  }
  return eventLine(world, world.stdout)
}
