import type { Append } from '../../core/journal/batch.ts'
import { metricPointsTag, pointStream, PointWriter } from '../../store/points.ts'
import { seriesOf } from '../../store/series.ts'

/** A batch of the journal has about so many bytes at most. */
const batchBytes = 1_000_000

/**
 * The series of a sample of Prometheus: its name with its labels as tags. What Graphite's tagged form cannot have
 * is replaced: `;` by `_`, a leading `~` too, and the label `name`, which is the series' own name there.
 */
export function seriesOfLabels(
  name: string,
  labels: Iterable<readonly [name: string, value: string]>,
): string {
  const tags: [string, string][] = []
  for (const [label, value] of labels) {
    if (value === '') continue
    tags.push([tidyTag(label), value.replaceAll(';', '_').replace(/^~/, '_')])
  }
  return seriesOf(name.replaceAll(';', '_'), tags)
}

const tidyTag = (label: string) =>
  label === 'name' ? 'exported_name' : label.replace(/[;!^=]/g, '_')

/** Makes samples points of the journal, in batches; bounded in memory whatever their number. */
export class SamplePoints {
  readonly #append: Append
  readonly #instance: string
  readonly #stream: string
  readonly #writer = new PointWriter()

  constructor(options: {
    readonly append: Append
    readonly instance: string
    readonly namespace: string
  }) {
    this.#append = options.append
    this.#instance = options.instance
    this.#stream = pointStream('prometheus', options.namespace)
  }

  /** Whether enough was added for `write` to be awaited before more is. */
  get isFull(): boolean {
    return this.#writer.length >= batchBytes
  }

  add(series: string, value: number, atMs: number, intervalMs?: number): void {
    const instance = this.#instance
    const interval = intervalMs === undefined ? {} : { intervalMs }
    this.#writer.add({ atMs, series, type: 'value', instance, ...interval, last: value })
  }

  /** Resolves once what was added is durable; `dropped` when the journal has no room and takes nothing. */
  async write(withdrawn?: AbortSignal): Promise<'durable' | 'dropped'> {
    const { bytes, count } = this.#writer.take()
    if (count === 0) return 'durable'
    return await this.#append(
      [{ stream: this.#stream, tag: metricPointsTag, bytes, count }],
      withdrawn,
    )
  }
}
