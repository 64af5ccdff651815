import type { Command } from 'commander'
import { addQuestionOptions, ask, queryBody, type QuestionOptions } from './ask/question.ts'
import { writeLine, type World } from './world.ts'

interface HistogramOptions extends QuestionOptions {
  readonly interval?: string
  readonly json?: true
}

const barWidth = 50
const bucketsWanted = 40
/** Empty bars in a row. */
const emptyShown = 2

interface Bucket {
  readonly key_as_string: string
  readonly doc_count: number
}

export function registerHistogram(program: Command, world: World): void {
  const command = program
    .command('histogram')
    .description('count what a query finds over time')
    .argument('[query]', 'as in weir query', '')
  addQuestionOptions(command)
    .option(
      '--interval <time>',
      'width of a bar, such as 1m or 1h; default: what gives about 40 bars',
    )
    .option('--json', 'as NDJSON')
    .addHelpText(
      'before',
      `Examples:
  weir histogram 'log.level:error' --from -6h
  weir histogram --from -1d --interval 1h --json
`,
    )
    .action(async (text: string, _options, self: Command) => {
      const options = self.optsWithGlobals<HistogramOptions>()
      const { interval } = options
      const aggregation = interval
        ? { date_histogram: { field: '@timestamp', fixed_interval: interval, min_doc_count: 0 } }
        : { auto_date_histogram: { field: '@timestamp', buckets: bucketsWanted } }
      const { aggregations } = await ask(world, options, {
        size: 0,
        track_total_hits: false,
        query: await queryBody(text, options),
        aggs: { time: aggregation },
      })
      const buckets = (aggregations?.['time']?.['buckets'] ?? []) as unknown as Bucket[]
      if (buckets.length === 0) world.stderr.write('nothing found\n')
      const most = Math.max(1, ...buckets.map((bucket) => bucket.doc_count))
      const digits = String(most).length
      let empty = 0
      for (const { key_as_string: time, doc_count: count } of buckets) {
        empty = count === 0 ? empty + 1 : 0
        // A long time without anything is said once; machines get every bar.
        if (empty > emptyShown && !options.json) {
          if (empty === emptyShown + 1) await writeLine(world.stdout, '…')
          continue
        }
        const bar = '█'.repeat(Math.ceil((count / most) * barWidth))
        const line = options.json
          ? JSON.stringify({ time, count })
          : `${time}  ${String(count).padStart(digits)}  ${bar}`.trimEnd()
        await writeLine(world.stdout, line)
      }
    })
}
