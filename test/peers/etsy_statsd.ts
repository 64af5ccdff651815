import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launch, type Program } from './process.ts'

const node = join(import.meta.dirname, '../../bin/node')

/** Etsy's statsd with a config, which is an object of JavaScript's. It still calls util.log, which Node 23 dropped. */
export function startEtsy(path: string, folder: string, config: object): Program {
  const [shim, file] = [join(folder, 'shim.cjs'), join(folder, 'config.js')]
  writeFileSync(shim, `require('node:util').log = (...given) => console.log(...given)`)
  writeFileSync(
    file,
    JSON.stringify(config, (_key, value: unknown) => value),
  )
  return launch(node, ['--require', shim, join(path, 'stats.js'), file], {
    output: join(folder, 'etsy.log'),
  })
}
