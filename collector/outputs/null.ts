import { defineOutput } from '../../core/delivery/output.ts'

/** Takes everything and keeps nothing: for measuring, and for tags nobody wants. */
export const nullOutput = defineOutput('null', 'Takes everything and keeps nothing', {}, () => ({
  start: async () => {},
  stop: async () => {},
  write: async () => [],
  check: async () => [],
  status: () => ({}),
}))
