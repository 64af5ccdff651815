import type { Collector } from '../collector/collector.ts'
import { parserFrom } from '../collector/parsers/all.ts'
import type { ComponentConfig } from '../core/plugin.ts'
import type { Operations } from '../core/control.ts'
import { WeirError } from '../core/errors.ts'

/** `import`: takes files in through a running collector, and yields how far it is. */
export function importOperations(collector: () => Collector | undefined): Operations {
  return {
    async *import(args) {
      const running = collector()
      if (!running) throw new WeirError('WEIR_NOT_RUNNING', 'Weir is starting')
      const { paths, ...how } = args
      const { filesAt } = await import('../collector/inputs/import/found_files.ts')
      const { fileImport } = await import('../collector/inputs/import/import.ts')
      const files = filesAt(Array.isArray(paths) ? paths.map(String) : [])
      if (files.length === 0) {
        throw new WeirError('WEIR_REQUEST_INVALID', 'there is no file to import')
      }
      const { success, data, error } = fileImport.schema.safeParse({
        type: 'import',
        ...how,
        files,
      })
      if (!success) {
        const text = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
        throw new WeirError('WEIR_REQUEST_INVALID', text.join('\n'))
      }
      const config = data as ComponentConfig
      parserFrom(config['parser'] as ComponentConfig | undefined, 'none')
      yield* running.importFiles(config)
    },
  }
}
