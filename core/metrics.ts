import type * as prom from 'prom-client'
import { prometheus } from './packages.ts'

const { Counter, Gauge, Histogram } = prometheus

export const { Registry, AggregatorRegistry } = prometheus
export type Registry = prom.Registry

/**
 * Weir's own metrics, the whole list. Labels: `component` is a component's id (`input.tail`),
 * `reason` and `fate` come from core/reasons.ts. docs/METRICS.md is held to this list by a test.
 */
export const definitions = {
  events_received: counter('weir_events_received_total', 'events an input took in', ['component']),
  bytes_received: counter('weir_bytes_received_total', 'bytes an input took in', ['component']),
  events_impaired: counter(
    'weir_events_impaired_total',
    'events lost, refused, truncated, repaired, duplicated or dead, by reason',
    ['component', 'fate', 'reason'],
  ),
  events_filtered: counter('weir_events_filtered_total', 'events a filter took out', ['component']),
  events_delivered: counter('weir_events_delivered_total', 'events a target has', ['component']),
  bytes_delivered: counter('weir_bytes_delivered_total', 'bytes sent to a target', ['component']),
  requests: counter('weir_output_requests_total', 'attempts to deliver, by result', [
    'component',
    'result',
  ]),
  request_seconds: histogram(
    'weir_output_request_seconds',
    'how long one attempt to deliver took',
    ['component'],
    [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  ),
  journal_events: counter('weir_journal_events_total', 'events made durable', ['partition']),
  journal_bytes: counter('weir_journal_bytes_total', 'bytes made durable', ['partition']),
  journal_append_seconds: histogram(
    'weir_journal_append_seconds',
    'from append to durable',
    ['partition'],
    [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
  ),
  journal_disk_bytes: gauge('weir_journal_disk_bytes', 'what the journal takes on disk', []),
  journal_paused: gauge('weir_journal_paused', '1 while the journal takes nothing', ['reason']),
  reader_lag_bytes: gauge('weir_reader_lag_bytes', 'journal bytes a reader has not passed', [
    'reader',
  ]),
  reader_lag_seconds: gauge('weir_reader_lag_seconds', 'age of the oldest event not passed', [
    'reader',
  ]),
  files_open: gauge('weir_tail_files_open', 'files a tail input holds open', ['component']),
  files_known: gauge('weir_tail_files', 'files a tail input follows', ['component']),
  rotations: counter('weir_tail_rotations_total', 'rotations recognised, by kind', [
    'component',
    'kind',
  ]),
  connections: gauge('weir_connections_open', 'connections a network input holds', ['component']),
  store_segments: gauge('weir_store_segments', 'segment files of the store', []),
  store_bytes: gauge('weir_store_bytes', 'what the segments take on disk', []),
  store_rows: gauge('weir_store_rows', 'events and documents in segments', []),
  store_paused: gauge('weir_store_paused', '1 while the store takes nothing in', []),
  store_questions: counter('weir_store_questions_total', 'questions to the store, by result', [
    'result',
  ]),
  store_question_seconds: histogram(
    'weir_store_question_seconds',
    'from a question to its answer, waiting for its turn included',
    [],
    [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  ),
  prometheus_series: gauge('weir_prometheus_series', 'series of StatsD at /metrics', []),
  prometheus_refused: counter(
    'weir_prometheus_refused_total',
    'points that are not shown at /metrics, by reason; the status names series',
    ['reason'],
  ),
  prometheus_stale: counter(
    'weir_prometheus_stale_total',
    'marks of Prometheus that a series has ended, which are no samples',
    ['component'],
  ),
  exposition_clashes: counter(
    'weir_exposition_clashes_total',
    'metrics left out of /metrics because another one has their name',
    [],
  ),
  error_requests: counter('weir_error_requests_total', 'requests of SDKs, by what was answered', [
    'endpoint',
    'status',
  ]),
  error_events: counter(
    'weir_error_events_total',
    'error events digested: counted; kept says whether the body is, too',
    ['kept'],
  ),
  error_reports_waiting: gauge(
    'weir_error_reports_waiting',
    'error reports in the journal that are not digested yet',
    [],
  ),
  error_reports: counter('weir_error_reports_total', 'error reports made durable, by kind', [
    'kind',
  ]),
  alert_attempts: counter(
    'weir_alert_attempts_total',
    'attempts to tell people of errors, by channel and what became of them: sent, retried, failed',
    ['channel', 'result'],
  ),
  worker_restarts: counter('weir_worker_restarts_total', 'worker threads that died', ['worker']),
} as const

interface Definition {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}
function counter(name: string, help: string, labels: string[]) {
  return { kind: 'counter' as const, name, help, labels }
}
function gauge(name: string, help: string, labels: string[]) {
  return { kind: 'gauge' as const, name, help, labels }
}
function histogram(name: string, help: string, labels: string[], buckets: number[]) {
  return { kind: 'histogram' as const, name, help, labels, buckets }
}

type Definitions = typeof definitions
type Instrument<D extends Definition & { kind: string }> = D['kind'] extends 'counter'
  ? prom.Counter
  : D['kind'] extends 'gauge'
    ? prom.Gauge
    : prom.Histogram
export type Metrics = { readonly [Name in keyof Definitions]: Instrument<Definitions[Name]> }

/** The instruments of one thread, registered in `registry`; main adds up those of all threads. */
export function createMetrics(registry: Registry): Metrics {
  const make = (definition: Definitions[keyof Definitions]) => {
    const options = {
      name: definition.name,
      help: definition.help,
      labelNames: definition.labels,
      registers: [registry],
    }
    if (definition.kind === 'counter') return new Counter(options)
    if (definition.kind === 'gauge') return new Gauge(options)
    return new Histogram({ ...options, buckets: definition.buckets })
  }
  const made = Object.entries(definitions).map(([key, definition]) => [key, make(definition)])
  // Object.entries loses which key has which kind; the loop above is what the type says.
  return Object.fromEntries(made) as Metrics
}
