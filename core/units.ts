import { z } from 'zod'

const durations: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }
const sizes: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** `10s`, `1h30m`, `250ms` to milliseconds; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    total += Number(amount) * durations[unit!]!
  }
  return total
}

/** `10GB`, `512MiB`, `4096` to bytes; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)?$/i.exec(text)
  if (!match) return undefined
  const factor = sizes[(match[2] ?? 'b').toLowerCase()]
  return factor === undefined ? undefined : Math.floor(Number(match[1]) * factor)
}

/** A config value such as `10s`; the parsed value is milliseconds. */
export const duration = () =>
  z
    .union([z.string(), z.literal(0)], {
      error: ({ input }) =>
        `expected a duration, got ${JSON.stringify(input)}: write a number and a unit, such as 250ms, 10s, 5m, 1h30m or 14d`,
    })
    .transform((value, context) => {
      const ms = value === 0 ? 0 : parseDuration(value)
      if (ms !== undefined) return ms
      context.addIssue({
        code: 'custom',
        message: `"${value}" is not a duration: write a number and a unit, such as 250ms, 10s, 5m, 1h30m or 14d`,
      })
      return z.NEVER
    })
    .meta({ unit: 'duration' })

/** A config value such as `10GB` or `512MiB`; the parsed value is bytes. */
export const size = () =>
  z
    .union([z.string(), z.number().int().nonnegative()], {
      error: ({ input }) =>
        `expected a size, got ${JSON.stringify(input)}: write a number and a unit, such as 512KiB, 10MB or 1GB`,
    })
    .transform((value, context) => {
      const bytes = typeof value === 'number' ? value : parseSize(value)
      if (bytes !== undefined) return bytes
      context.addIssue({
        code: 'custom',
        message: `"${value}" is not a size: write a number and a unit, such as 512KiB, 10MB or 1GB`,
      })
      return z.NEVER
    })
    .meta({ unit: 'size' })
