import { eventsOf, type Chunk } from '../../../core/journal/chunk.ts'
import {
  namePattern,
  patternProblem,
  type NamedPart,
  type NamePattern,
} from '../../../core/name_pattern.ts'

/** Where events go: which data stream or index an event belongs to, and what a template must match. */
export interface Indices extends Pick<NamePattern, 'dated' | 'nameOf'> {
  /** Data streams roll over by themselves, so an id may be in an older backing index than the one written. */
  readonly dataStreams: boolean
  /** What an index template must match for the part's events: the stream, or all dates and tags. */
  patternOf(part: NamedPart): string
}

/** The name of `dated` indices when the config says no other. */
const datedPattern = 'weir-{tag}-%Y.%m.%d'

/** @param config `data_stream`, `dated`, or a name with placeholders (name_pattern.ts). */
export function indicesOf(config: string): Indices {
  if (config === 'data_stream') {
    return {
      dataStreams: true,
      dated: false,
      nameOf: (part) => part.stream,
      patternOf: (part) => part.stream,
    }
  }
  const pattern = namePattern(config === 'dated' ? datedPattern : config)
  // Not one for each tag: `weir-a-*` and `weir-a-b-*` overlap, which templates must not.
  const matching = pattern.replaced('*').replaceAll(/\*[*._-]*\*/g, '*')
  return {
    dataStreams: false,
    dated: pattern.dated,
    nameOf: pattern.nameOf,
    patternOf: () => matching,
  }
}

/** What is wrong with an `indices` setting, or undefined. */
export function problemOf(config: string): string | undefined {
  const problem = patternProblem(config)
  if (problem !== undefined) return problem
  const plain = namePattern(config).replaced('')
  const wrong = /[^a-z0-9._-]/.exec(plain)?.[0]
  if (wrong !== undefined) {
    return `"${config}": "${wrong}" cannot stand in an index name; use a-z, 0-9, ".", "_" and "-"`
  }
  if (!/^[a-z0-9]/.test(config)) return `"${config}": begin the name with a letter or a digit`
  if (plain.length > 80) return `"${config}": use at most 80 characters beside the placeholders`
  return undefined
}

/** The data stream or index of each event of the chunk. */
export function namesOf(indices: Indices, chunk: Chunk): string[] {
  return Array.from(eventsOf(chunk), (event) => indices.nameOf(event, chunk.bytes, event.start))
}
