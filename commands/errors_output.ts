import type { StoreConfig } from '../store/config.ts'
import type { Context } from '../core/context.ts'
import { RunningOutput } from '../core/delivery/running_output.ts'
import { systemFiles } from '../core/files.ts'
import type { Journal } from '../core/journal/journal.ts'
import { errorEventsTag } from '../store/error_events.ts'
import { withStore } from './running_store.ts'

type Routes = Parameters<typeof withStore>[0]

/**
 * Where the store is a cluster: what brings digested errors to it. The embedded store reads them from the journal by
 * itself. Its id names its place in the journal and its dead letters.
 */
export async function errorsOutput(
  store: StoreConfig,
  journal: Journal,
  context: Context,
): Promise<RunningOutput | undefined> {
  if (!store.enabled || store.engine === 'embedded') return undefined
  const { outputs } = await import('../collector/outputs/all.ts')
  const route: Routes = [{ type: 'store', match: '**', final: true } as Routes[number]]
  const [output] = withStore(route, store)
  return new RunningOutput(context.id, output!, {
    wants: (tag) => tag === errorEventsTag,
    create: (config, of) => outputs.create(config, of),
    journal,
    context,
    files: systemFiles,
  })
}
