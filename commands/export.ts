import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Option, type Command } from 'commander'
import { messageOf, WeirError } from '../core/errors.ts'
import type { JsonRecord } from '../store/search.ts'
import { addQuestionOptions, allHits, queryBody, type QuestionOptions } from './ask/question.ts'
import { hintAtDashes } from './ask/dash_query.ts'
import { csvOf, fieldNames, jsonOf } from './ask/event_line.ts'
import { writeLine, type World } from './world.ts'

interface ExportOptions extends QuestionOptions {
  readonly format: 'ndjson' | 'csv' | 'parquet'
  readonly fields?: string
  readonly output?: string
}

const pageSize = 5000

export function registerExport(program: Command, world: World): void {
  const command = program
    .command('export')
    .description('write out everything a query finds, oldest first')
    .argument('[query]', 'as in weir query', '')
  hintAtDashes(addQuestionOptions(command))
    .addOption(
      new Option('--format <name>', 'how').choices(['ndjson', 'csv', 'parquet']).default('ndjson'),
    )
    .option(
      '--fields <names>',
      'only these, comma-separated; default: everything, of csv @timestamp,log.level,message',
    )
    .option(
      '-o, --output <file>',
      'file to write, which appears when it is whole; default: standard output',
    )
    .addHelpText(
      'before',
      `Examples:
  weir export --from -1d > yesterday.ndjson
  weir export 'http.response.status_code>=500' --format csv --fields @timestamp,url.path -o errors.csv
  weir export --format parquet -o logs.parquet
`,
    )
    .action(async (text: string, _options, self: Command) => {
      const options = self.optsWithGlobals<ExportOptions>()
      if (options.format === 'parquet' && options.output === undefined) {
        throw parquetNeedsFile()
      }
      const request = {
        query: await queryBody(text, options),
        sort: [
          { '@timestamp': { order: 'asc', unmapped_type: 'date' } },
          { _doc: { order: 'asc' } },
        ],
      }
      const events = sourcesOf(allHits(world, options, request, pageSize))
      let written = 0
      const lines = linesOf(events, options, () => (written += 1))
      const { output } = options
      if (output === undefined) {
        for await (const line of lines) await writeLine(world.stdout, line.slice(0, -1))
      } else await writeFile(output, lines, options.format)
      world.stderr.write(`${written} events\n`)
    })
}

async function* sourcesOf(
  hits: AsyncIterable<{ readonly _source: JsonRecord }>,
): AsyncGenerator<JsonRecord> {
  for await (const { _source: source } of hits) yield source
}

/** Each with its line end. */
async function* linesOf(
  events: AsyncIterable<JsonRecord>,
  { format, fields }: ExportOptions,
  onEvent: () => void,
): AsyncGenerator<string> {
  const names = fieldNames(fields)
  const csv = csvOf(names)
  if (format === 'csv') yield `${csv.head}\n`
  for await (const event of events) {
    yield `${format === 'csv' ? csv.row(event) : jsonOf(event, names)}\n`
    onEvent()
  }
}

/**
 * Written beside its name and renamed when it is whole, so that nobody takes a half for the whole. Behind a link is
 * what is meant; a device or a pipe is written to.
 */
async function writeFile(
  name: string,
  lines: AsyncIterable<string>,
  format: ExportOptions['format'],
): Promise<void> {
  const path = await realpath(name).catch(() => name)
  const isPlain = (await stat(path).catch(() => undefined))?.isFile() ?? true
  if (!isPlain && format === 'parquet') throw parquetNeedsFile()
  const partial = isPlain ? `${path}.partial` : path
  try {
    await pipeline(lines, createWriteStream(partial))
    if (format === 'parquet') await toParquet(partial, path)
    else if (isPlain) await rename(partial, path)
  } catch (failure) {
    if (failure instanceof WeirError) throw failure
    const text = `${path} cannot be written: ${messageOf(failure)}`
    throw new WeirError('WEIR_FILE_UNREADABLE', text, { cause: failure })
  } finally {
    if (isPlain) await rm(partial, { force: true })
  }
}

const parquetNeedsFile = () =>
  new WeirError('WEIR_REQUEST_INVALID', 'Parquet needs a file: add --output <file>')

/** Columns of @timestamp and of what DuckDB finds in the first events; see its read_json. */
async function toParquet(ndjson: string, path: string): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB', threads: '2' })
  const connection = await instance.connect()
  try {
    const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
    await connection.run(
      `copy (select * from read_json(${quoted(ndjson)}, format = 'newline_delimited', sample_size = -1)) to ${quoted(path)} (format parquet, compression zstd)`,
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
