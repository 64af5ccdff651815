import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { messageOf, WeirError } from '../core/errors.ts'
import { convertEtsyConfig } from './convert/etsy_config.ts'
import { convertGraphiteConfig } from './convert/graphite_config.ts'
import { type Converted, yamlOf } from './convert/converted.ts'
import { readJsData } from './convert/js_data.ts'
import type { World } from './world.ts'

export function registerConvert(program: Command, world: World): void {
  const convert = program
    .command('convert')
    .description("print other daemons' configs as Weir's")
    .addHelpText(
      'before',
      `Examples:
  weir convert statsd /etc/statsd/config.js > weir.yaml
  weir convert graphite storage-schemas.conf storage-aggregation.conf
`,
    )
  const read = (file: string) => textOf(resolve(world.cwd, file))
  const print = (converted: Converted) => void world.stdout.write(yamlOf(converted))
  convert
    .command('statsd')
    .description(
      "Etsy's config.js, read as data and never run; what has no counterpart is a comment",
    )
    .argument('<file>', 'config.js')
    .addHelpText('before', `Examples:\n  weir convert statsd exampleConfig.js\n`)
    .action((file: string) => print(convertEtsyConfig(readJsData(read(file), file))))
  convert
    .command('graphite')
    .description('storage-schemas.conf and storage-aggregation.conf, as rules of store.metrics')
    .argument('<file...>', 'one of them or both')
    .addHelpText('before', `Examples:\n  weir convert graphite storage-schemas.conf\n`)
    .action((files: string[]) => print(convertGraphiteConfig(files.map(read))))
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (failure) {
    const text = `${path} cannot be read: ${messageOf(failure)}`
    throw new WeirError('WEIR_REQUEST_INVALID', text, { cause: failure })
  }
}
