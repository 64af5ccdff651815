import type { MetricAnswer } from '../aggregation.ts'
import type { ValueFormat } from '../format.ts'

/** An answer that is one number: `{"value":…}`, with its text when it has a format. */
export function single(
  typed: string,
  value: number | null,
  format: ValueFormat | undefined,
): MetricAnswer {
  const isText = format !== undefined && !format.isRaw && value !== null
  const json = isText ? { value, value_as_string: format.text(value) } : { value }
  return {
    family: 'metric',
    typed,
    json,
    value: (property) => (property === undefined || property === 'value' ? value : undefined),
  }
}
