export type Environment = Readonly<Record<string, string | undefined>>

/** What became of a text with `${NAME}` in it. */
export interface Interpolated {
  readonly text: string
  /** True when something was replaced. */
  readonly replaced: boolean
  /** Variables without a value and without a default. */
  readonly missing: readonly string[]
  /** Set when a `${` is not what it looks like. */
  readonly malformed?: string
}

/** Whether a text is a variable and nothing else. */
export const isOneReference = (text: string) => /^\$\{[^}]*\}$/.test(text)

/**
 * Replaces `${NAME}` and `${NAME:-default}` by variables of the environment; `$${` stands for `${`.
 * As in a shell, `:-` also takes the default when the variable is empty. A lone `$` is just a `$`.
 */
export function interpolate(text: string, environment: Environment): Interpolated {
  const missing: string[] = []
  let malformed: string | undefined
  let replaced = false
  const result = text.replaceAll(
    /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?/g,
    (all: string, name: string | undefined, fallback: string | undefined) => {
      replaced = true
      if (all === '$${') return '${'
      if (name === undefined) {
        malformed ??= all
        return all
      }
      const value = environment[name]
      if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
      if (value === undefined) missing.push(name)
      return value ?? ''
    },
  )
  return { text: result, replaced, missing, ...(malformed === undefined ? {} : { malformed }) }
}
