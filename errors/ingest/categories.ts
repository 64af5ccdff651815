/**
 * Items that Weir has no use for, by type, and what their limits are called: their SDKs are told to send no more.
 */
const unsupportedTypes: Readonly<Record<string, readonly string[]>> = {
  transaction: ['transaction', 'span'],
  span: ['span'],
  otel_span: ['span'],
  profile: ['profile', 'profile_indexed'],
  profile_chunk: ['profile_chunk', 'profile_chunk_ui'],
  replay_event: ['replay'],
  replay_recording: ['replay'],
  replay_video: ['replay'],
  statsd: ['metric_bucket'],
  metric_buckets: ['metric_bucket'],
  metric_meta: ['metric_bucket'],
  trace_metric: ['trace_metric'],
  metric: ['trace_metric'],
  otel_log: ['log_item', 'log_byte'],
  nel: ['nel'],
}

/** The categories of an item type that is dropped; for one that nobody knows `default` alone, which is not announced. */
export function droppedCategories(type: string): {
  readonly category: string
  readonly announced: readonly string[]
} {
  const announced = Object.hasOwn(unsupportedTypes, type) ? unsupportedTypes[type]! : []
  return { category: announced[0] ?? 'unknown', announced }
}
