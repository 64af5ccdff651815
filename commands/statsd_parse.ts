import { type Command, Option } from 'commander'
import { meaningOf } from '../statsd/line/meaning.ts'
import { type LineReader, Traffic } from '../statsd/line/traffic.ts'
import { type Dialect, dialects } from '../statsd/line/dialect.ts'
import { LineStream } from '../statsd/receive/line_stream.ts'
import { type Terminal, writeLine, type World } from './world.ts'

const newline = Buffer.from('\n')
const longestLine = 65_536

/** Writes a line of JSON for each line of `input` that is not empty: what it means, or why it is refused. */
export async function parseStatsdLines(
  input: NodeJS.ReadableStream,
  output: Terminal,
  dialect: Dialect,
  now: () => number,
): Promise<void> {
  let meanings: object[] = []
  const reader: LineReader = {
    packet(bytes, start, end) {
      for (let from = start; from < end;) {
        const to = bytes.indexOf(newline[0]!, from)
        const line = Buffer.from(bytes.subarray(from, to))
        if (line.length > 0) meanings.push(meaningOf(line, dialect, now))
        from = to + 1
      }
    },
  }
  const traffic = new Traffic()
  const lines = new LineStream(reader, traffic, longestLine)
  const tell = async () => {
    const told = meanings
    meanings = []
    for (const meaning of told) await writeLine(output, JSON.stringify(meaning))
    for (const [reason] of traffic.take().refused) {
      await writeLine(output, JSON.stringify({ refused: [{ reason }] }))
    }
  }
  for await (const piece of input as unknown as AsyncIterable<Buffer>) {
    lines.push(piece)
    await tell()
  }
  lines.push(newline)
  await tell()
}

/** `weir statsd parse`. */
export function addStatsdParse(statsd: Command, world: World): void {
  statsd
    .command('parse')
    .description('what lines on standard input mean, or why they are refused; a JSON line each')
    .addOption(
      new Option('--dialect <name>', 'how lines are read').choices([...dialects]).default('etsy'),
    )
    .addHelpText(
      'before',
      `Examples:\n  echo 'page.views:1|c|@0.1' | weir statsd parse\n  weir statsd parse --dialect datadog < lines.txt\n`,
    )
    .action(async (options: { dialect: Dialect }) => {
      await parseStatsdLines(world.stdin, world.stdout, options.dialect, () => Date.now())
    })
}
