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

/**
 * A config value that must not be shown: a password, an API key, a token. The parsed value is a Secret.
 *
 * @param minLength characters that it has at least.
 */
export const secret = (minLength = 1) =>
  z
    .string()
    .min(
      minLength,
      minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`,
    )
    .transform((text) => new Secret(text))
    .meta({ secret: true })
