import { WeirError } from '../core/errors.ts'
import type { Running, Surroundings } from './running.ts'

/** Puts the parts together that the config asks for. */
export async function assemble(given: Surroundings): Promise<Running> {
  let state: 'new' | 'running' | 'stopped' = 'new'
  return {
    operations: {},
    async start() {
      state = 'running'
    },
    async stop() {
      state = 'stopped'
    },
    async reload() {},
    async receive() {
      throw new WeirError('WEIR_REQUEST_INVALID', 'no http input is configured')
    },
    paused: () => undefined,
    notReady: () => (state === 'running' ? [] : ['starting']),
    status: async () => ({}),
    metrics: () => given.registry.metrics(),
  }
}
