import { inspect } from 'node:util'
import { z } from 'zod'

/** A value that prints as `[redacted]` wherever it ends up: text, JSON, a log, an error, a debugger. */
export class Secret {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  /** The value itself; for the one place that sends or compares it. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}

/** A config value that must not be shown: a password, an API key, a token. The parsed value is a Secret. */
export const secret = () =>
  z
    .string()
    .min(1, 'must not be empty')
    .transform((text) => new Secret(text))
    .meta({ secret: true })
