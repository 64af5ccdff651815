import { readFileSync } from 'node:fs'
import { loadConfig } from '../../../core/config/load.ts'
import { ConfigError, messageOf } from '../../../core/errors.ts'
import { mappingFile, type MappingFile } from './schema.ts'

/** What holds where no file says anything. */
export const noMappings: MappingFile = mappingFile.parse({})

/**
 * Reads a mapping file.
 *
 * @throws ConfigError with every mistake, each with `file:line:column`.
 */
export function readMappings(text: string, file: string): MappingFile {
  // Its `$1` and `${1}` are no variables of the environment.
  const plain = text.replaceAll('${', () => '$${')
  return loadConfig(mappingFile, { file: { name: file, text: plain }, environment: {} }).config
}

/** The same from a file; without a path there are no mappings. */
export function loadMappings(path: string | undefined): MappingFile {
  if (path === undefined) return noMappings
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (failure) {
    const reason = `statsd.prometheus.mapping_file: ${messageOf(failure)}`
    throw new ConfigError('WEIR_CONFIG_UNREADABLE', reason)
  }
  return readMappings(text, path)
}
