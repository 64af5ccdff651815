import type { Command } from 'commander'
import { textOfScalar, type ExactNumber } from '../core/exact_json.ts'
import { addQuestionOptions, ask, queryBody, type QuestionOptions } from './ask/question.ts'
import { wholeNumber } from './journal.ts'
import { formatTable } from './table.ts'
import { writeLine, type World } from './world.ts'

interface TopOptions extends QuestionOptions {
  readonly limit: number
  readonly json?: true
}

interface Bucket {
  readonly key: string | number | ExactNumber
  readonly key_as_string?: string
  readonly doc_count: number
}

export function registerTop(program: Command, world: World): void {
  const command = program
    .command('top')
    .description('count what a query finds by the values of a field')
    .argument('<field>', 'such as url.path')
    .argument('[query]', 'as in weir query', '')
  addQuestionOptions(command)
    .option('-n, --limit <number>', 'at most so many values', wholeNumber, 10)
    .option('--json', 'as NDJSON')
    .addHelpText(
      'before',
      `Examples:
  weir top url.path 'http.response.status_code:404' --from -1d
  weir top log.level
`,
    )
    .action(async (field: string, text: string, _options, self: Command) => {
      const options = self.optsWithGlobals<TopOptions>()
      const { hits, aggregations } = await ask(world, options, {
        size: 0,
        track_total_hits: true,
        query: await queryBody(text, options),
        aggs: { values: { terms: { field, size: options.limit } } },
      })
      const buckets = (aggregations?.['values']?.['buckets'] ?? []) as unknown as Bucket[]
      if (buckets.length === 0) world.stderr.write('nothing found\n')
      const rows = buckets.map(
        ({ key, key_as_string: text = textOfScalar(key), doc_count: count }) => {
          const share = `${((count / hits.total.value) * 100).toFixed(1)}%`
          return options.json
            ? JSON.stringify({ value: text, count })
            : [String(count), share, text]
        },
      )
      if (options.json) for (const row of rows) await writeLine(world.stdout, row as string)
      else if (rows.length > 0) {
        await writeLine(world.stdout, formatTable(['COUNT', 'SHARE', field], rows as string[][]))
      }
    })
}
