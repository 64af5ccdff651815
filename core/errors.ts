/**
 * Every error that Weir itself raises: its code, and what it means. `docs/ERRORS.md` says for each
 * what to do; a test holds the two lists together.
 */
export const errorCodes = {
  WEIR_CONFIG_INVALID: 'the configuration has mistakes',
  WEIR_CONFIG_UNREADABLE: 'the configuration file cannot be read',
  WEIR_FILE_UNREADABLE: 'a file given to a command cannot be read',
  WEIR_DATA_LOCKED: 'another process holds the data folder',
  WEIR_DATA_UNUSABLE: 'the data folder cannot be made, read or written',
  WEIR_LISTEN_FAILED: 'an address cannot be listened on',
  WEIR_JOURNAL_CORRUPT: 'a journal file does not hold what its index says',
  WEIR_JOURNAL_VERSION: 'the journal was written by a newer version',
  WEIR_JOURNAL_CLOSED: 'the journal no longer takes events, because Weir is stopping',
  WEIR_STORE_DAMAGED: 'a file of the store cannot be read',
  WEIR_STORE_VERSION: 'the store was written by a newer version',
  WEIR_BACKUP_DAMAGED: 'a backup is not whole',
  WEIR_OUTPUT_UNAVAILABLE: 'a target cannot be reached or does not answer in time',
  WEIR_OUTPUT_REFUSED: 'a target refused a whole request',
  WEIR_OUTPUT_TOO_LARGE: 'a target refused a request because of its size',
  WEIR_REQUEST_INVALID: 'a request to Weir cannot be understood',
  WEIR_REQUEST_TOO_LARGE: 'a request to Weir exceeds a limit',
  WEIR_REQUEST_FORBIDDEN: 'a request to Weir has no or no sufficient token',
  WEIR_NOT_RUNNING: 'the command needs a running Weir and there is none',
  WEIR_WORKER_DIED: 'a worker thread ended unexpectedly',
} as const

export type ErrorCode = keyof typeof errorCodes

/** An error with a code of the list above. `message` names the place and the fix. */
export class WeirError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** What the user wrote cannot be used; shown without a stack, exit code 78 (EX_CONFIG). */
export class ConfigError extends WeirError {}

/**
 * The attempt failed and may succeed later. An output that delivered a part names, in `remaining`,
 * the events that still have to be sent (their places in the chunk, ascending).
 */
export class RetryableError extends WeirError {
  readonly remaining: readonly number[] | undefined
  /** What the target asked for with Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** True when the target may have executed the request all the same: reset, time-out, crash. */
  readonly fateUnknown: boolean
  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & {
      remaining?: readonly number[]
      retryAfterMs?: number | undefined
      fateUnknown?: boolean
    } = {},
  ) {
    super(code, message, options)
    this.remaining = options.remaining
    this.retryAfterMs = options.retryAfterMs
    this.fateUnknown = options.fateUnknown ?? false
  }
}

/** The target refused the request because of its size (HTTP 413): it is split and sent again. */
export class TooLargeError extends WeirError {}

/** The request can never succeed as it is. A whole request refused is still kept, retried and shown. */
export class PermanentError extends WeirError {}

/** The text of anything thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
