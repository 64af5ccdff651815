import { ConfigError } from '../../../core/errors.ts'

/** A rule text that cannot be read. `line` and `column` count from 1. */
export class RuleError extends ConfigError {
  readonly line: number
  readonly column: number
  constructor(message: string, line: number, column: number) {
    super('WEIR_CONFIG_INVALID', `line ${line}, column ${column}: ${message}`)
    this.line = line
    this.column = column
  }
}
