/** What a family of metrics is; the words of both text formats. */
export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown'

/** One line of a family. */
export interface Sample {
  /** Behind the family's name: `_bucket`, `_sum`, `_count`, or nothing. */
  readonly suffix?: string
  /** As `labelsText` writes them: `a="b",c="d"`; empty for none. */
  readonly labels: string
  readonly value: number
}

/** Metrics of one name as Prometheus reads them. */
export interface Family {
  /** As the text format 0.0.4 shows it: of counters with their `_total`, where they have one. */
  readonly name: string
  readonly help: string
  readonly type: FamilyType
  readonly samples: Iterable<Sample>
}

/** Labels between the braces, in the order given; values are escaped, names taken as they are. */
export function labelsText(labels: Iterable<readonly [name: string, value: string]>): string {
  let text = ''
  for (const [name, value] of labels) {
    text += `${text === '' ? '' : ','}${name}="${escapeLabel(value)}"`
  }
  return text
}

/** @returns labels with one more behind them. */
export const withLabel = (labels: string, name: string, value: string): string =>
  `${labels === '' ? '' : `${labels},`}${name}="${escapeLabel(value)}"`

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

const escapeLabel = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, (found) => escapes[found]!) : value

/**
 * A name as Prometheus takes it, after statsd_exporter: every character but letters, digits and `_` becomes
 * `_`, dashes in a row one, and `_` goes before a leading digit.
 */
export function metricNameOf(text: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text)) return text
  const name = text.replace(/-{2,}/g, '-').replace(/[^a-zA-Z0-9_]/gu, '_')
  return /^[0-9]/.test(name) || name === '' ? `_${name}` : name
}

/** The same for the name of a label, which in addition must not begin with `__`. */
export const labelNameOf = (text: string): string => metricNameOf(text).replace(/^__+/, '_')
