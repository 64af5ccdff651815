import { z } from 'zod'
import { definer } from '../../core/plugin.ts'
import { tagPatterns } from '../../core/routing.ts'

/**
 * The route of events into the store. It is no Output: the store reads the journal by itself and keeps its
 * cursor with its segments, so there is nothing to write to; see `store` in the config.
 */
export const storeRoute = definer<[], undefined, StoreFields>(storeFields())(
  'store',
  'Keeps events in the store, to be asked; see `store` for where and how long',
  {},
  () => undefined,
)

type StoreFields = ReturnType<typeof storeFields>

function storeFields() {
  return {
    match: tagPatterns().default('**').describe('Tags it takes: `*` one part, `**` any, `{a,b}`'),
    final: z.boolean().default(false).describe('An event it takes goes to no later output'),
  }
}
