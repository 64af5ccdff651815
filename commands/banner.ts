import type { Logger } from 'pino'
import { formatSize } from '../core/size_text.ts'
import type { Loaded } from './running.ts'
import { version } from './version.ts'
import { coloured, type World } from './world.ts'

interface Facts {
  readonly urls: readonly string[]
  readonly dataFolder: string
  readonly loaded: Loaded
}

/**
 * Says where everything is and how to send the first line: as text on a terminal, as one log line
 * otherwise. Standard output stays free for data.
 */
export function showBanner(world: World, log: Logger, facts: Facts): void {
  const { urls, dataFolder, loaded } = facts
  const { journal, collector } = loaded.config
  const send = sendExample(urls[0] ?? '')
  const inputs = collector.inputs.map((input) => String(input['id'] ?? input.type))
  const outputs = collector.outputs.map((output) => String(output['id'] ?? output.type))
  if (world.stderr.isTTY !== true) {
    log.info(
      { version: version(), urls, data_folder: dataFolder, inputs, outputs, send },
      'Weir is running',
    )
    return
  }
  const bold = (text: string) => coloured(world, world.stderr)('bold', text)
  const rows: [string, string][] = [
    ['HTTP', urls.join(', ')],
    ['Data', `${dataFolder} (journal up to ${formatSize(journal.max_disk)})`],
    ['Inputs', inputs.join(', ') || 'none'],
    ['Outputs', outputs.join(', ') || 'none: events stay in the journal, see weir journal cat'],
    ['Try', send],
  ]
  const text = rows.map(([name, value]) => `  ${bold(name.padEnd(8))}${value}\n`).join('')
  world.stderr.write(`${bold('Weir')} ${version()} is running (Ctrl-C stops it)\n${text}`)
}

function sendExample(url: string): string {
  const unix = url.startsWith('unix:')
  const host = unix
    ? 'http://localhost'
    : url.replace('0.0.0.0', '127.0.0.1').replace('[::]', '127.0.0.1')
  return `curl${unix ? ` --unix-socket ${url.slice('unix:'.length)}` : ''} -d '{"message":"hello"}' -H 'content-type: application/json' ${host}/in/test`
}
