import { type Registry, registry } from '../../core/plugin.ts'
import { consoleBackend } from './console.ts'
import { elasticsearchBackend } from './elasticsearch.ts'
import { forwardBackend } from './forward.ts'
import { graphiteBackend } from './graphite.ts'
import { remoteWriteBackend } from './remote_write.ts'
import { repeaterBackend } from './repeater.ts'
import { storeBackend } from './store.ts'

/** The backends that the journal is read for: a new one is one file and one line here. */
export const backends = registry([
  consoleBackend,
  elasticsearchBackend,
  forwardBackend,
  graphiteBackend,
  remoteWriteBackend,
])

/** All that `statsd.backends` may name: also the store, which reads by itself, and the repeater, which reads nothing. */
export const destinations = registry<never, unknown>([
  ...(backends.plugins as unknown as Registry<never, unknown>['plugins']),
  repeaterBackend as unknown as Registry<never, unknown>['plugins'][number],
  storeBackend as unknown as Registry<never, unknown>['plugins'][number],
])
