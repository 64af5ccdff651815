import type { Clock } from '../../core/clock.ts'
import { SearchError } from '../search.ts'
import type { Answerer, Answering } from './answerer.ts'
import { answer, count, validate } from './ask/answer.ts'
import { fieldCaps, mappingOf, termsEnum } from './ask/field_answers.ts'
import type { AskedIndex } from './ask/field_table.ts'
import type { OpenedRows, World } from './ask/world.ts'
import { countedRows } from './segments/counted_rows.ts'
import type { Opened } from './segments/reading.ts'

/** Answers questions from segments: which rows they touch, what their fields are, then `ask/`. */
export function segmentAnswerer(clock: Clock): Answerer {
  const worldOf = (target: string, from: Answering): World => {
    const { reading, database, sources, nowMs, deadline, limits } = from
    const indices = indicesOf(target, from)
    const names = indices.map(({ name }) => name)
    return {
      indices,
      database,
      ...(sources && { sources }),
      deadline,
      nowMs,
      limits,
      open: (needs) => rowsOf(reading.open(names, needs)),
      openCounts: (needs, grain) => countedRows(reading, names, needs, grain),
      monotonicMs: () => clock.monotonic(),
      deadlineIn: (timeoutMs) => AbortSignal.any([deadline, AbortSignal.timeout(timeoutMs)]),
    }
  }
  return {
    search: async (target, request, _options, from) => await answer(request, worldOf(target, from)),
    count: async (target, request, _options, from) => {
      const { count: found } = await count(request, worldOf(target, from))
      return found as number
    },
    validate: async (target, request, _options, from) => {
      const { valid, error } = validate(request, worldOf(target, from))
      if (valid !== true) throw new SearchError(400, 'parsing_exception', String(error))
    },
    fieldCaps: async (target, patterns, _options, from) =>
      fieldCaps(indicesOf(target, from), patterns),
    termsEnum: async (target, request, from) => {
      const { terms } = await termsEnum(request, worldOf(target, from))
      return terms as string[]
    },
    mapping: async (index, from) => mappingOf(indicesOf(index, from)[0]!),
  }
}

/** The indices of a target that is resolved: names with commas between them. */
function indicesOf(target: string, { reading, catalogue }: Answering): AskedIndex[] {
  const streams = new Map(reading.streams().map((stream) => [stream.name, stream]))
  const metadata = new Map(catalogue.indices.map((index) => [index.name, index]))
  return target.split(',').map((name) => ({
    name,
    mapping: metadata.get(name)?.mapping,
    shapes: streams.get(name)?.shapes ?? [],
  }))
}

function rowsOf({ from, within, segments, skipped, damaged, close }: Opened): OpenedRows {
  let [rows, bytes] = [0, 0]
  const spans = []
  for (const segment of segments) {
    rows += segment.rows
    bytes += segment.bytes
    const { minMicros, maxMicros } = segment
    if (minMicros !== null && maxMicros !== null) {
      spans.push({ minMicros, maxMicros, rows: segment.rows - segment.untimed })
    }
  }
  return {
    from,
    isInTime: true,
    byTime: { spans, untimed: segments.some(({ untimed }) => untimed > 0), within },
    scanned: { segments: segments.length, skipped, rows, bytes, damaged },
    close,
  }
}
