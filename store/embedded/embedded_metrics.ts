import type {
  MetricStore,
  ReadRequest,
  SeriesFilter,
  SeriesInfo,
  SeriesQuery,
  SeriesValues,
  TagExpression,
  TreeNode,
} from '../metrics.ts'
import type { EmbeddedEngine } from './engine.ts'
import type { MetricsQuestion } from './metrics/metrics_protocol.ts'

/** Metric points of the embedded engine, asked as everything else is: in its queue, in its process, by a deadline. */
export class EmbeddedMetrics implements MetricStore {
  readonly #engine: Pick<EmbeddedEngine, 'metrics' | 'refresh'>

  constructor(engine: Pick<EmbeddedEngine, 'metrics' | 'refresh'>) {
    this.#engine = engine
  }

  async find(query: SeriesQuery, deadline: AbortSignal): Promise<readonly SeriesInfo[]> {
    return await this.#ask({ ask: 'find', query }, deadline)
  }

  async children(
    query: SeriesFilter & { readonly glob: string; readonly limit: number },
    deadline: AbortSignal,
  ): Promise<readonly TreeNode[]> {
    return await this.#ask({ ask: 'children', query }, deadline)
  }

  async tagNames(
    query: { tags?: readonly TagExpression[]; prefix?: string; limit: number },
    deadline: AbortSignal,
  ): Promise<readonly string[]> {
    return await this.#ask({ ask: 'tag_names', query }, deadline)
  }

  async tagValues(
    query: { tag: string; tags?: readonly TagExpression[]; prefix?: string; limit: number },
    deadline: AbortSignal,
  ): Promise<readonly string[]> {
    return await this.#ask({ ask: 'tag_values', query }, deadline)
  }

  async read(request: ReadRequest, deadline: AbortSignal): Promise<readonly SeriesValues[]> {
    return await this.#ask({ ask: 'read', request }, deadline)
  }

  async refresh(): Promise<void> {
    await this.#engine.refresh()
  }

  async #ask<T>(question: MetricsQuestion, deadline: AbortSignal): Promise<T> {
    return (await this.#engine.metrics(question, deadline)) as T
  }
}
