import { defineInput } from '../input.ts'
import { tailFields } from './tail/options.ts'

/** Files that grow, are rotated and go away; docs/TAIL.md says how they are followed. */
export const tail = defineInput(
  'tail',
  'Follows files through every kind of rotation.',
  tailFields,
  async (config, context) => {
    const { createTail } = await import('./tail/tail.ts')
    return createTail(config, context)
  },
)
