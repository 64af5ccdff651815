import type { ErrorsConfig } from '../config.ts'

/** `errors.limits`. */
export type IngestLimits = ErrorsConfig['limits']
