import { type Family, type FamilyType, labelsText, type Sample } from './family.ts'

/** What prom-client's `getMetricsAsJSON` gives for a metric. */
interface JsonMetric {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly {
    readonly value: number
    readonly labels: Readonly<Record<string, string | number | undefined>>
    readonly metricName?: string
  }[]
}

const types: readonly string[] = ['counter', 'gauge', 'histogram', 'summary'] satisfies FamilyType[]

/** Metrics of prom-client's registries, such as `AggregatorRegistry.aggregate` joins them, as families. */
export function familiesOf(metrics: readonly object[]): Family[] {
  return (metrics as readonly JsonMetric[]).map(({ name, help, type, values }) => ({
    name,
    help,
    type: types.includes(type) ? (type as FamilyType) : 'unknown',
    samples: values.map(({ value, labels, metricName }): Sample => {
      const pairs = Object.entries(labels).map(([key, of]) => [key, labelValue(of)] as const)
      const suffix = metricName?.startsWith(name) ? metricName.slice(name.length) : ''
      return { suffix, labels: labelsText(pairs), value }
    }),
  }))
}

const labelValue = (value: string | number | undefined) =>
  value === Infinity || value === '+Inf' ? '+Inf' : String(value ?? '')
