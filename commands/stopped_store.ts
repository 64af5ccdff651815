import type { Config } from '../config.ts'
import { WeirError } from '../core/errors.ts'
import { type StoreConfig, storeConfig } from '../store/config.ts'
import type { StoreRoutes } from '../store/embedded/protocol.ts'
import { lastRunOf } from '../store/last_run.ts'
import { configSources, type ConfigOptions } from './load_config.ts'
import {
  createStore,
  routesOf,
  type RunningStore,
  type StoreSurroundings,
} from './running_store.ts'
import type { World } from './world.ts'

/** What change the store, each as it says. The others look at it, and leave it as it was. */
const changing = new Set(['store.verify', 'store.adopt', 'store.compact', 'store.delete'])

interface Asked {
  readonly operation: string
  readonly options: ConfigOptions
}

/**
 * The store of a folder that no Weir runs on, by the config that is given, or else as it ran last. Nothing is merged
 * or deleted on its own, and what only reads leaves everything as it was.
 *
 * @throws WeirError when a config is needed that is not given; ConfigError when it has mistakes.
 */
export async function openStoppedStore(
  world: World,
  { operation, options }: Asked,
  given: Omit<StoreSurroundings, 'routes' | 'openedFor'>,
): Promise<RunningStore> {
  const isChanged = changing.has(operation)
  const config = await configOf(world, options)
  const { store, routes } = config
    ? { store: config.store, routes: routesOf(config) }
    : withoutConfig(given.context.dataFolder, operation)
  const openedFor = isChanged ? 'command' : 'look'
  const opened = await createStore(store, { ...given, routes, openedFor })
  // A cluster is asked as it is; of the points beside it no command wants to know.
  if (store.engine === 'embedded') await opened.start()
  return opened
}

/** What the environment has to speak of to be the config of a store. */
const aboutStore = new Set<unknown>(['store', 'collector', 'roles'])

/** Undefined when neither a file nor the environment says anything of the store. */
async function configOf(world: World, options: ConfigOptions): Promise<Config | undefined> {
  const sources = configSources(world, options)
  const { readEnvironment } = await import('../core/config/environment_source.ts')
  const named = readEnvironment(sources.environment).some(({ path }) => aboutStore.has(path[0]))
  const isGiven = sources.file !== undefined || named
  if (!isGiven) return undefined
  const [{ rootSchema }, { loadConfig }] = await Promise.all([
    import('../config.ts'),
    import('../core/config/load.ts'),
  ])
  return loadConfig(rootSchema, sources).config
}

/** To look at a store that never said how it ran: everything is shown. */
const everything: StoreRoutes = {
  outputs: [{ match: '**', final: false, isStore: true }],
  points: false,
}

function withoutConfig(
  dataFolder: string,
  operation: string,
): { store: StoreConfig; routes: StoreRoutes } {
  const lastRun = lastRunOf(dataFolder)
  if (lastRun?.engine === 'elasticsearch') {
    const text = `the store of ${dataFolder} is a cluster: name its config with --config`
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  const isSafe = operation !== 'store.compact' && (lastRun || !changing.has(operation))
  if (!isSafe) {
    const what = operation.replace('.', ' ')
    const text = `no Weir runs on ${dataFolder}, and ${what} goes by the config, which says what is kept and for how long: name it with --config, or start Weir first`
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  return { store: storeConfig.parse({}), routes: lastRun?.routes ?? everything }
}
