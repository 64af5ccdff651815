import type { Arguments, Operations } from '../core/control.ts'
import type { Context } from '../core/context.ts'
import { WeirError } from '../core/errors.ts'
import type { ConfigOptions } from './load_config.ts'
import type { World } from './world.ts'

/**
 * Asks a data folder for something: the Weir that runs on it, over its socket, or, when none does,
 * the folder itself under its lock.
 *
 * @param options which config a stopped folder's store is opened by, where the operation needs it.
 */
export async function* operate(
  world: World,
  folder: string,
  operation: string,
  args: Arguments,
  options: ConfigOptions = {},
): AsyncGenerator<unknown> {
  const { callControl } = await import('../core/control.ts')
  try {
    yield* saidWhenSilent(world, folder, callControl(folder, operation, args))
    return
  } catch (failure) {
    if (!(failure instanceof WeirError) || failure.code !== 'WEIR_NOT_RUNNING') throw failure
  }
  const { holdDataFolder, isDataFolder } = await import('../core/data_folder.ts')
  if (!isDataFolder(folder)) {
    const text = `there is no data folder of Weir's at ${folder}: name it with --data-dir or --config`
    throw new WeirError('WEIR_DATA_UNUSABLE', text)
  }
  const held = holdDataFolder(folder, {
    pid: world.pid,
    started_at: new Date().toISOString(),
    command: `weir ${world.argv.join(' ')}`,
  })
  try {
    const asked = /^(?:store|project)\./.test(operation) ? { operation, options } : undefined
    const mode = looking.test(operation) ? 'look' : 'settle'
    const { operations, close } = await openStopped(world, folder, asked, mode)
    try {
      const run = operations[operation]
      if (!run) throw new WeirError('WEIR_REQUEST_INVALID', `there is no operation "${operation}"`)
      yield* run(args)
    } finally {
      await close()
    }
  } finally {
    held.release()
  }
}

const silentMs = 5_000

/** A Weir that is stopped in a debugger, or swaps, leaves whoever asks without a word. */
async function* saidWhenSilent(
  world: World,
  folder: string,
  items: AsyncIterable<unknown>,
): AsyncGenerator<unknown> {
  const { whoHolds } = await import('../core/data_folder.ts')
  const timer = setTimeout(() => {
    world.stderr.write(`still waiting for an answer of ${whoHolds(folder)}\n`)
  }, silentMs)
  try {
    for await (const item of items) {
      clearTimeout(timer)
      yield item
    }
  } finally {
    clearTimeout(timer)
  }
}

interface Opened {
  readonly operations: Operations
  readonly close: () => Promise<void>
}

/** These change nothing in a folder: what a crash left torn is for the next start to cut. */
const looking = /^(?:journal\.(?:ls|cat|verify)|dead\..*)$/

/** The operations on a folder that no Weir runs on. What they find to report goes to standard error. */
async function openStopped(
  world: World,
  folder: string,
  ofStore: { operation: string; options: ConfigOptions } | undefined,
  mode: 'settle' | 'look',
): Promise<Opened> {
  const [{ Journal }, { deadOperations, journalOperations }, metrics, { createLog }] =
    await Promise.all([
      import('../core/journal/journal.ts'),
      import('./operations.ts'),
      import('../core/metrics.ts'),
      import('../core/log.ts'),
    ])
  const { backupOperations } = await import('./backup_operation.ts')
  const { systemFiles } = await import('../core/files.ts')
  const { systemClock } = await import('../core/clock.ts')
  const log = createLog('warn')
  const instruments = metrics.createMetrics(new metrics.Registry())
  // Nothing is written to the journal here, so its bounds do not matter.
  const journal = await Journal.open(
    {
      dataFolder: folder,
      maxDisk: Number.MAX_SAFE_INTEGER,
      whenFull: 'block',
      segmentBytes: Number.MAX_SAFE_INTEGER,
      groupBytes: Number.MAX_SAFE_INTEGER,
    },
    { files: systemFiles, clock: systemClock, log, metrics: instruments, count: () => undefined },
    mode,
  )
  const operations = {
    ...journalOperations(() => journal),
    ...deadOperations(folder, () => undefined),
    ...backupOperations(folder, () => journal, systemClock),
  }
  if (!ofStore) return { operations, close: async () => {} }
  const context: Context = {
    id: 'store',
    log,
    clock: systemClock,
    metrics: instruments,
    count: () => undefined,
    random: Math.random,
    dataFolder: folder,
  }
  const { openStoppedStore } = await import('./stopped_store.ts')
  const surroundings = { files: systemFiles, journal, context, env: world.env }
  const store = await openStoppedStore(world, ofStore, surroundings)
  const { storeOperations } = await import('./store_operations.ts')
  const { projectOperations } = await import('../errors/projects/operations.ts')
  const { stoppedProjects } = await import('./running_errors.ts')
  return {
    operations: {
      ...operations,
      ...storeOperations(() => store),
      ...projectOperations((args) => stoppedProjects(args, store.documents)),
    },
    close: () => store.stop(AbortSignal.timeout(30_000)),
  }
}
