import type { Reason } from '../../../core/reasons.ts'

/** A body of which nothing is taken: the HTTP status and what the sender is told. */
export class RefusedBody extends Error {
  readonly status: 400 | 413 | 415
  readonly reason: Reason
  constructor(status: 400 | 413 | 415, reason: Reason, message: string) {
    super(message)
    this.name = 'RefusedBody'
    this.status = status
    this.reason = reason
  }
}
