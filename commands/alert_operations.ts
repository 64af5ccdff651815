import type { Operations } from '../core/control.ts'
import { WeirError } from '../core/errors.ts'
import type { RunningErrors } from './running_errors.ts'

/** What `weir alerts` asks of a running Weir; the errors part is started where it does not run yet. */
export function alertOperations(errors: () => RunningErrors | undefined): Operations {
  const started = async (): Promise<Operations> => {
    const running = errors()
    if (running) return (await running.needed()).operations
    const text = 'this Weir takes in no error reports: errors is off'
    throw new WeirError('WEIR_REQUEST_INVALID', text)
  }
  return {
    async *'alerts.test'(args) {
      yield* (await started())['alerts.test']!(args)
    },
    async *'alerts.ls'(args) {
      yield* (await started())['alerts.ls']!(args)
    },
  }
}
