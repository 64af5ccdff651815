import { readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { z } from 'zod'
import { loadConfig, readConfig, type ConfigSources } from '../core/config/load.ts'
import { defaultDataFolder } from '../core/data_folder.ts'
import { ConfigError, messageOf } from '../core/errors.ts'
import type { World } from './world.ts'

/** Options that change the config, as commander gives them. */
export interface ConfigOptions {
  readonly config?: string
  readonly dataDir?: string
  readonly listen?: string[]
  readonly roles?: string
  readonly logLevel?: string
}

/** Gathers file, environment and flags. @throws ConfigError when the file cannot be read. */
export function configSources(world: World, options: ConfigOptions): ConfigSources {
  const name = options.config ?? (world.env['WEIR_CONFIG'] || undefined)
  const flags: NonNullable<ConfigSources['flags']>[number][] = []
  if (options.dataDir !== undefined) {
    flags.push({ path: ['data_dir'], value: options.dataDir, flag: '--data-dir' })
  }
  if (options.listen !== undefined) {
    flags.push({ path: ['http', 'listen'], value: options.listen, flag: '--listen' })
  }
  if (options.roles !== undefined) {
    const roles = options.roles.split(',').map((role) => role.trim())
    flags.push({ path: ['roles'], value: roles, flag: '--roles' })
  }
  if (options.logLevel !== undefined) {
    flags.push({ path: ['log', 'level'], value: options.logLevel, flag: '--log-level' })
  }
  const file = name === undefined ? undefined : { name, text: readText(resolve(world.cwd, name)) }
  return { file, environment: world.env, flags }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (failure) {
    const text = `the config file cannot be read: ${messageOf(failure)}`
    throw new ConfigError('WEIR_CONFIG_UNREADABLE', text, { cause: failure })
  }
}

/**
 * A file without a key is a config to start with. One that a running Weir reads again is being written, or its disk
 * is full: with it every input and output would end.
 *
 * @throws ConfigError
 */
export function refuseEmptied({ file }: ConfigSources): void {
  if (!file || /^\s*[^\s#]/m.test(file.text)) return
  throw new ConfigError('WEIR_CONFIG_INVALID', `${file.name}: there is nothing in it`)
}

/** The absolute data folder that a config means. */
export function dataFolderOf(world: World, configured: string | undefined): string {
  if (configured === undefined) return defaultDataFolder(world.env, world)
  const expanded = configured.startsWith('~/') ? join(world.home, configured.slice(2)) : configured
  return isAbsolute(expanded) ? expanded : resolve(world.cwd, expanded)
}

/** Reads a config by `schema`, as `readConfig` does. */
export function readFrom<T>(world: World, options: ConfigOptions, schema: z.ZodType<T>) {
  return readConfig(schema, configSources(world, options))
}

/** The data folder for commands that need nothing else of the config. */
export async function dataFolderFor(world: World, options: ConfigOptions): Promise<string> {
  // An empty one, of a variable that is not set, is refused as any mistake of the config.
  if (options.dataDir) return dataFolderOf(world, options.dataDir)
  const { z: zod } = await import('zod')
  const schema = zod.looseObject({ data_dir: zod.string().min(1).optional() })
  const { config } = loadConfig(schema, configSources(world, options))
  return dataFolderOf(world, config.data_dir)
}
