import type { SamplePoints } from '../sample_points.ts'
import { seriesOfLabels } from '../sample_points.ts'
import { readWriteRequest, type TimeSeries } from './write_request.ts'

/** What became of the samples of a request. */
export interface Received {
  taken: number
  stale: number
  notFinite: number
  nativeHistograms: number
  /** Samples that were refused for their series or time, and why the first was. */
  refused: number
  why: string | undefined
}

export interface ReceiveLimits {
  readonly maxLabels: number
  /** Samples after this are refused: they would stand in the way of all others. */
  readonly latestMs: number
}

const maxLabelBytes = 8_000

/**
 * Makes the samples of a request durable. Good series go on whatever the others are.
 *
 * @throws SyntaxError when the message cannot be read, having taken what came before the place.
 */
export async function receive(
  message: Buffer,
  points: SamplePoints,
  { maxLabels, latestMs }: ReceiveLimits,
  write: () => Promise<void>,
): Promise<Received> {
  const received: Received = {
    taken: 0,
    stale: 0,
    notFinite: 0,
    nativeHistograms: 0,
    refused: 0,
    why: undefined,
  }
  const refuse = (samples: number, why: string) => {
    received.refused += samples
    received.why ??= why
  }
  for (const series of readWriteRequest(message, () => (received.stale += 1))) {
    received.nativeHistograms += series.histograms
    const named = nameOf(series, maxLabels)
    if ('why' in named) {
      refuse(series.samples.length + series.histograms, named.why)
      continue
    }
    for (const { value, atMs } of series.samples) {
      if (!Number.isFinite(value)) received.notFinite += 1
      else if (!(atMs >= 0 && atMs <= latestMs)) {
        refuse(1, `${named.series}: ${atMs} is no time: milliseconds since 1970, not a day ahead`)
      } else {
        points.add(named.series, value, atMs)
        received.taken += 1
      }
    }
    if (points.isFull) await write()
  }
  await write()
  return received
}

function nameOf(
  { labels }: TimeSeries,
  maxLabels: number,
): { readonly series: string } | { readonly why: string } {
  const name = labels.find(([label]) => label === '__name__')?.[1]
  if (name === undefined || name === '') return { why: 'a series has no label __name__' }
  const shown = name.slice(0, 100)
  if (labels.length - 1 > maxLabels) {
    return {
      why: `${shown} has ${labels.length - 1} labels; statsd.prometheus.max_labels is ${maxLabels}`,
    }
  }
  const known = new Set<string>()
  for (const [label, value] of labels) {
    if (label === '') return { why: `${shown} has a label without a name` }
    if (known.has(label)) return { why: `${shown} has the label ${label.slice(0, 100)} twice` }
    if (label.length + value.length > maxLabelBytes) {
      return {
        why: `${shown}: the label ${label.slice(0, 100)} is longer than ${maxLabelBytes} characters`,
      }
    }
    known.add(label)
  }
  const others = labels.filter(([label]) => label !== '__name__')
  return { series: seriesOfLabels(name, others) }
}
