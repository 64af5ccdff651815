import { parseDuration } from '../../core/units.ts'
import type { Converted } from './converted.ts'

interface Section {
  readonly name: string
  readonly options: Readonly<Record<string, string>>
}

/** Sections of an ini file, in order; keys in lower case, as Python's ConfigParser has them. */
function readSections(text: string): Section[] {
  const sections: { name: string; options: Record<string, string> }[] = []
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const [, name] = /^\[(.*)\]$/.exec(line) ?? []
    const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? []
    if (name !== undefined)
      sections.push({ name, options: Object.create(null) as Record<string, string> })
    else if (key !== undefined) {
      const section = sections.at(-1)
      if (section) section.options[key.toLowerCase()] = value!
    }
  }
  return sections
}

/** Graphite's storage-schemas.conf and storage-aggregation.conf, one or both, as `store.metrics`. */
export function convertGraphiteConfig(files: readonly string[]): Converted {
  const notes: string[] = []
  const retention: object[] = []
  const aggregation: object[] = []
  for (const { name, options } of files.flatMap(readSections)) {
    const { pattern, retentions } = options
    if (pattern === undefined) {
      notes.push(`[${name}]: it has no pattern, so it fits nothing`)
      continue
    }
    const match = expressionOf(pattern, name, notes)
    if (match === undefined) continue
    if (retentions !== undefined) {
      const steps = stepsOf(retentions)
      if (steps === undefined) notes.push(`[${name}]: "${retentions}" is not understood`)
      else retention.push({ match, steps })
      continue
    }
    const factor = Number(options['xfilesfactor'] ?? 0.5)
    const method = methodOf(options['aggregationmethod'] ?? 'average')
    if (method === undefined || !(factor >= 0 && factor <= 1)) {
      const what = JSON.stringify({ ...options })
      notes.push(`[${name}]: ${what} has no counterpart`)
    } else aggregation.push({ match, method, x_files_factor: factor })
  }
  if (retention.length + aggregation.length > 0) {
    notes.push(
      'patterns are held against the names of series: those of StatsD have no `stats.` or `stats.timers.` before them here, and counters are always summed',
    )
  }
  const metrics = {
    ...(retention.length > 0 && { retention }),
    ...(aggregation.length > 0 && { aggregation }),
  }
  return { config: { store: { metrics } }, notes }
}

/** Whisper's names; those with an absolute value have none here. */
function methodOf(method: string): string | undefined {
  const known: Record<string, string> = {
    average: 'average',
    avg: 'average',
    sum: 'sum',
    last: 'last',
    min: 'min',
    max: 'max',
    avg_zero: 'avg_zero',
  }
  return known[method.toLowerCase()]
}

/** Python's expressions that JavaScript writes otherwise. */
function expressionOf(pattern: string, section: string, notes: string[]): string | undefined {
  const isInsensitive = pattern.startsWith('(?i)')
  const text = pattern.replace(/^\(\?i\)/, '').replaceAll('(?P<', '(?<')
  try {
    // Compiled only to see whether it is one.
    void new RegExp(text, 'u')
  } catch {
    notes.push(`[${section}]: the pattern ${pattern} is no regular expression here`)
    return undefined
  }
  if (isInsensitive)
    notes.push(`[${section}]: (?i) has no counterpart: write [aA] where it matters`)
  return text
}

/** `60:1440` (seconds and points) and `10s:6h`, mixed, to `10s:6h`. */
function stepsOf(retentions: string): string | undefined {
  const steps = retentions.split(',').map((part) => {
    const [step, kept] = part.split(':').map((text) => text.trim())
    const stepSeconds = secondsOf(step ?? '')
    const isPoints = /^\d+$/.test(kept ?? '')
    const keptSeconds = isPoints ? Number(kept) * (stepSeconds ?? NaN) : secondsOf(kept ?? '')
    if (stepSeconds === undefined || keptSeconds === undefined) return undefined
    return `${textOf(stepSeconds)}:${textOf(keptSeconds)}`
  })
  return steps.includes(undefined) ? undefined : steps.join(',')
}

/** Whisper's units: s, m, h, d, w, y, by the first letters of a word; a number alone is seconds. */
function secondsOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  const [, amount, unit] = /^(\d+)(s|m|h|d|w|y)[a-z]*$/.exec(text) ?? []
  if (amount === undefined) return undefined
  if (unit === 'y') return Number(amount) * 365 * 86_400
  return parseDuration(`${amount}${unit!}`)! / 1000
}

function textOf(seconds: number): string {
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds % size === 0) return `${seconds / size}${unit}`
  }
  return `${seconds}s`
}
