import { definer } from '../../core/plugin.ts'

/**
 * Metrics in Weir's own store. It is no Output: the store reads the journal by itself and keeps its cursor with its
 * segments, so there is nothing to write to; see `store` in the config.
 */
export const storeBackend = definer<[], undefined, Record<never, never>>({})(
  'store',
  'Keeps metrics in the store, to be asked; see `store` for where and how long',
  {},
  () => undefined,
)
