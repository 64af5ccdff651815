import { seriesOf } from '../../../store/series.ts'
import { parseTaggedName } from '../render/tagged_name.ts'

/** One value of one series, as carbon gets it. */
export interface CarbonSample {
  /** Canonical: `name;k=v`. */
  readonly series: string
  readonly value: number
  readonly atMs: number
}

/** Takes samples, and is told of what is none. */
export interface CarbonSink {
  add(sample: CarbonSample): void
  refuse(reason: 'bad_sample' | 'not_finite', text: string): void
}

const nameMax = 1024
const dayMs = 86_400_000

/**
 * Gives a sample to the sink. As carbon: a time of -1 is now, NaN is nothing; `name;k=v` and `name{k="v"}` are the
 * same series (lib/carbon/util.py, TaggedSeries). A time more than a day ahead is refused.
 *
 * @param seconds since the epoch.
 */
export function takeSample(
  sink: CarbonSink,
  { path, value, seconds }: { path: string; value: number; seconds: number },
  nowMs: number,
): void {
  if (!Number.isFinite(value)) return sink.refuse('not_finite', path)
  const atMs = seconds === -1 ? nowMs : Math.floor(seconds) * 1000
  const series = seriesOfPath(path)
  if (series === undefined || !(atMs >= 0 && atMs <= nowMs + dayMs)) {
    return sink.refuse('bad_sample', path)
  }
  sink.add({ series, value, atMs })
}

function seriesOfPath(path: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  if (path === '' || path.length > nameMax || /[\u0000-\u0020\u007f]/.test(path)) return undefined
  if (!path.includes(';') && !path.endsWith('"}')) return path
  const tags = parseTaggedName(path)
  if (!tags) return undefined
  const { name, ...others } = Object.fromEntries(tags)
  return name === undefined ? undefined : seriesOf(name, Object.entries(others))
}
