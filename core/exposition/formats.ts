import type { Family, FamilyType, Sample } from './family.ts'

/** A text format of Prometheus. */
export interface ExpositionFormat {
  readonly contentType: string
  /**
   * Families as text. Nothing that one of them holds spoils the rest: a family whose names another one before
   * it has is left out and told to `onClash`, a value that the format forbids is left out.
   *
   * @returns pieces of some 64 KB, so that who sends many series can let others have their turn in between.
   */
  write(families: Iterable<Family>, onClash?: (name: string) => void): Iterable<string>
}

const pieceChars = 1 << 16

/** https://prometheus.io/docs/instrumenting/exposition_formats: what everything reads. */
export const text004: ExpositionFormat = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  *write(families, onClash) {
    const names = new Names()
    for (const { name, help, type, samples } of families) {
      if (!names.claim(name, namesOf(name, type))) {
        onClash?.(name)
        continue
      }
      const word = type === 'unknown' ? 'untyped' : type
      const head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${word}\n`
      yield* linesOf(head, name, type, samples, text004Value)
    }
  },
}

/**
 * OpenMetrics 1.0. Counters end in `_total`; where a family without that ending has the same name, which it
 * forbids, the counter is written as of unknown type.
 */
export const openMetrics: ExpositionFormat = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  *write(families, onClash) {
    const names = new Names()
    // Families without an ending that is taken off take their names first.
    const all = [...families]
    const others = new Set(all.filter(({ type }) => type !== 'counter').map(({ name }) => name))
    for (const family of all) {
      const { help } = family
      const written = openMetricsFamily(family, others)
      const { name, type, ending } = written
      if (!names.claim(name, namesOf(name, type))) {
        onClash?.(family.name)
        continue
      }
      const head = `# TYPE ${name} ${type}\n# HELP ${name} ${escapeOpenMetricsHelp(help)}\n`
      yield* linesOf(head, name, type, family.samples, valueRules[type], ending)
    }
    yield '# EOF\n'
  },
}

function openMetricsFamily({ name, type }: Family, others: ReadonlySet<string>) {
  if (type !== 'counter') return { name, type, ending: '' }
  const base = name.replace(/_total$/, '')
  const isTaken = base === '' || others.has(base)
  if (isTaken) return { name, type: 'unknown' as const, ending: '' }
  return { name: base, type, ending: '_total' }
}

/** Every name that a family of the type may have samples under. */
function namesOf(name: string, type: FamilyType): string[] {
  if (type === 'counter') return [name, `${name}_total`, `${name}_created`]
  if (type === 'summary') return [name, `${name}_sum`, `${name}_count`, `${name}_created`]
  if (type !== 'histogram') return [name]
  return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`, `${name}_created`]
}

/** Who has which name, of families and of samples. */
class Names {
  readonly #taken = new Set<string>()

  claim(name: string, all: readonly string[]): boolean {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) return false
    if (all.some((each) => this.#taken.has(each))) return false
    for (const each of all) this.#taken.add(each)
    return true
  }
}

type ValueRule = (value: number, suffix: string) => string | undefined

/** `head` and the samples; nothing when there is none to show. */
function* linesOf(
  head: string,
  name: string,
  type: FamilyType,
  samples: Iterable<Sample>,
  textOf: ValueRule,
  ending = '',
): Generator<string> {
  const bare = type === 'summary' || type === 'histogram'
  let text = head
  let isEmpty = true
  for (const { suffix = '', labels, value } of samples) {
    const shown = textOf(value, suffix)
    if (shown === undefined) continue
    const sampleName = bare ? name + suffix : name + ending
    text += labels === '' ? `${sampleName} ${shown}\n` : `${sampleName}{${labels}} ${shown}\n`
    isEmpty = false
    if (text.length < pieceChars) continue
    yield text
    text = ''
  }
  if (!isEmpty && text !== '') yield text
}

const text004Value: ValueRule = (value) => numberText(value)

const count: ValueRule = (value) =>
  value >= 0 && Number.isFinite(value) ? numberText(Math.round(value)) : undefined

/** What OpenMetrics allows as a value: counters and counts are neither negative nor NaN. */
const valueRules: Readonly<Record<FamilyType, ValueRule>> = {
  counter: (value) => (value >= 0 ? numberText(value) : undefined),
  gauge: (value) => numberText(value),
  unknown: (value) => numberText(value),
  histogram: (value, suffix) => (suffix === '_sum' ? numberText(value) : count(value, suffix)),
  summary: (value, suffix) => (suffix === '_count' ? count(value, suffix) : numberText(value)),
}

export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

const escapeHelp = (help: string) => help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
const escapeOpenMetricsHelp = (help: string) => escapeHelp(help).replace(/"/g, '\\"')

/** The format that a request's Accept asks for; 0.0.4 when it does not say. */
export function formatOf(accept: string | undefined): ExpositionFormat {
  let best = { format: text004, quality: -1 }
  for (const range of (accept ?? '').toLowerCase().split(',').slice(0, 32)) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim())
    const valueOf = (key: string) =>
      parameters.find((each) => each.startsWith(`${key}=`))?.slice(key.length + 1)
    const quality = Number(valueOf('q') ?? 1)
    const format = offered(type!, valueOf('version'))
    if (format && quality > 0 && quality > best.quality) best = { format, quality }
  }
  return best.format
}

function offered(type: string, version: string | undefined): ExpositionFormat | undefined {
  if (type === 'application/openmetrics-text') {
    return version === undefined || version === '1.0.0' ? openMetrics : undefined
  }
  if (type === 'text/plain') {
    return version === undefined || version === '0.0.4' ? text004 : undefined
  }
  return type === '*/*' || type === 'text/*' ? text004 : undefined
}
