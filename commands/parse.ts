import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { Argument, Option, type Command } from 'commander'
import { parserFrom, parsers } from '../collector/parsers/all.ts'
import { eventText } from '../collector/event_text.ts'
import { Refusal, type Parser } from '../collector/parser.ts'
import { ConfigError, messageOf, WeirError } from '../core/errors.ts'

export interface ParseOptions {
  readonly fields?: string | undefined
  /** `name=value` pairs; a value is read as JSON where it is JSON (`true`, `5`, `["a"]`), else as text. */
  readonly option?: readonly string[] | undefined
}

const maxLine = 16 * 1024 * 1024

/** The config of the parser that the command line describes; throws ConfigError. */
export function parserConfig(type: string, { fields, option = [] }: ParseOptions) {
  const config: { type: string; [name: string]: unknown } = { type }
  if (fields !== undefined) config['fields'] = fields
  for (const pair of option) {
    const equals = pair.indexOf('=')
    if (equals < 1)
      throw new ConfigError('WEIR_CONFIG_INVALID', `--option ${pair}: write name=value`)
    config[pair.slice(0, equals)] = valueOf(pair.slice(equals + 1))
  }
  // Its mistakes are the command line's.
  parserFrom(config, 'none')
  return config
}

/** That parser. */
export const parserOf = (type: string, options: ParseOptions): Parser =>
  parserFrom(parserConfig(type, options), 'none')

function valueOf(text: string): unknown {
  if (!/^(true|false|-?\d+(\.\d+)?|[[{].*)$/s.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/**
 * Parses each line of `input` and writes one JSON object for it to `output`: the event, or
 * `{"unmatched": "the line", "reason": "…"}`. A line longer than 16 MB is refused unread.
 */
export async function parseCommand(
  parser: Parser,
  input: Readable,
  output: Writable,
): Promise<void> {
  for await (const lines of linesOf(input)) {
    let text = ''
    for (const line of lines) text += `${resultOf(parser, line)}\n`
    if (!output.write(text)) await once(output, 'drain')
  }
}

function resultOf(parser: Parser, line: Buffer): string {
  const event = parser.parse(line, 0, line.length, () => undefined)
  if (!(event instanceof Refusal)) {
    // Without a time of its own it is shown without one, so that a wrong time_format is seen.
    const time = event['@timestamp']
    return time === undefined ? JSON.stringify(event) : eventText(event, time)
  }
  const { reason, detail } = event
  return JSON.stringify({ unmatched: line.toString(), reason: `${reason}: ${detail}` })
}

/** The whole lines in each piece that arrives, without their ends; at last what has no end. */
async function* linesOf(input: Readable): AsyncGenerator<Buffer[]> {
  let rest: Buffer[] = []
  let length = 0
  for await (const piece of input as AsyncIterable<Buffer>) {
    const end = piece.lastIndexOf(10)
    const before = Buffer.concat([...rest, piece.subarray(0, Math.max(end, 0))])
    rest = end < 0 ? [...rest, piece] : [piece.subarray(end + 1)]
    length = end < 0 ? length + piece.length : piece.length - end - 1
    if (length > maxLine) throw new WeirError('WEIR_REQUEST_TOO_LARGE', 'a line exceeds 16 MB')
    if (end >= 0) yield split(before)
  }
  if (length > 0) yield split(Buffer.concat(rest))
}

function split(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(withoutReturn(bytes.subarray(start, end)))
    start = end + 1
  }
  lines.push(withoutReturn(bytes.subarray(start)))
  return lines
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 13 ? line.subarray(0, -1) : line
}

/** Adds `weir parse` to the command line; it throws ConfigError for options that cannot be used. */
export function registerParse(program: Command): void {
  program
    .command('parse')
    .summary('try a parser on a file or on standard input')
    .description(
      `Prints one JSON event for each line; {"unmatched", "reason"} for one that does not fit.`,
    )
    .addArgument(
      // Which there are is for completion; the parsers themselves say it when there is none.
      new Argument('<parser>', 'type of the parser').choices(parsers.types).argParser(String),
    )
    .argument('[file]', 'file to read; standard input without one')
    .addOption(new Option('--fields <names>', 'names of the fields').choices(['ecs', 'fluentd']))
    .option(
      '-o, --option <name=value>',
      'an option of the parser, as in the config; again for more',
      (pair: string, before: string[]) => [...before, pair],
      [],
    )
    .addHelpText(
      'before',
      'Examples:\n  weir parse nginx /var/log/nginx/access.log\n  journalctl | weir parse syslog --option timezone=Europe/Berlin\n',
    )
    .action(async (type: string, file: string | undefined, options: ParseOptions) => {
      const parser = parserOf(type, options)
      const input = file === undefined ? process.stdin : createReadStream(file)
      const { stdout } = process
      stdout.once('error', () => input.destroy())
      try {
        await parseCommand(parser, input, stdout)
      } catch (failure) {
        // A reader that went away (`| head`) is no error.
        if (stdout.errored) return
        throw isSystemError(failure) ? unreadable(file ?? 'standard input', failure) : failure
      }
    })
}

function isSystemError(failure: unknown): failure is NodeJS.ErrnoException {
  return failure instanceof Error && 'syscall' in failure
}

function unreadable(name: string, failure: NodeJS.ErrnoException): WeirError {
  const why = failure.code === 'EISDIR' ? 'it is a folder' : messageOf(failure)
  const text = `${name} cannot be read: ${why}`
  return new WeirError('WEIR_FILE_UNREADABLE', text, { cause: failure })
}
