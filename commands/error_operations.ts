import type { Operations } from '../core/control.ts'
import { WeirError } from '../core/errors.ts'
import type { RunningErrors } from './running_errors.ts'

/** What `weir errors` asks of a running Weir; the errors part is started where it does not run yet. */
export function errorOperations(errors: () => RunningErrors | undefined): Operations {
  return {
    async *'errors.web'(args) {
      const running = errors()
      if (!running) {
        throw new WeirError(
          'WEIR_REQUEST_INVALID',
          'this Weir takes in no error reports: errors is off',
        )
      }
      const { operations } = await running.needed()
      yield* operations['errors.web']!(args)
    },
  }
}
