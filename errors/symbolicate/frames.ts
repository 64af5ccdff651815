import type { Frame } from '../event/sentry_event.ts'
import { contextOf } from './context_lines.ts'
import { calledName, declaredName, minifiedName } from './function_names.ts'
import type { Found } from './lookup.ts'
import type { Script } from './script.ts'
import { scriptOf } from './places.ts'
import { unmapped } from './reasons.ts'
import type { SourceMap } from './source_map.ts'
import { namesOf } from './sources.ts'

/** A map that was read, and where it was found. */
export interface Ready {
  readonly found: Found
  readonly map: SourceMap
  readonly script: Script | undefined
}

/** A frame's place in its map: what the frame that it calls is named by. */
export interface Mapped {
  readonly ready: Ready
  readonly segment: number
}

/** The segment of a frame, or why there is none. */
export function locate(frame: Frame, ready: Ready): Mapped | string {
  if (!(frame.lineno !== undefined && frame.lineno >= 1)) return unmapped.noLine
  if (frame.colno === undefined) return unmapped.noColumn
  // Frames count both from 1; a column of 0 comes from SDKs that count it from 0.
  const segment = ready.map.mappings.find(frame.lineno - 1, Math.max(0, frame.colno - 1))
  const original = segment < 0 ? undefined : ready.map.mappings.original(segment)
  if (!original || ready.map.source(original.source) === undefined) return unmapped.notInMap
  return { ready, segment }
}

/**
 * Changes a frame to its place in the source.
 *
 * @param caller where the frame that called this one is, when it was mapped.
 */
export function mapFrame(
  frame: Frame,
  { ready, segment }: Mapped,
  caller: Mapped | undefined,
): void {
  const { map, found, script } = ready
  const original = map.mappings.original(segment)!
  const base = /^[a-z][\w+.-]*:\/\//i.test(scriptOf(frame)) ? scriptOf(frame) : found.mapUrl
  const names = namesOf(map.source(original.source)!, base)
  const name = nameOf(frame, map, script, segment, caller)
  frame.filename = names.filename
  frame.abs_path = names.abs_path
  frame.module = names.module
  frame.lineno = original.line + 1
  frame.colno = original.column + 1
  if (name !== undefined) frame.function = name
  if (names.isForeign || map.isIgnored(original.source)) frame.in_app = false
  // Lines of the minified script, which some SDKs send, are none of the source's.
  delete frame.pre_context
  delete frame.context_line
  delete frame.post_context
  const lines = map.lines(original.source)
  const context = lines && contextOf(lines, original.line, original.column)
  if (context) Object.assign(frame, context)
  const { unmapped: _, ...data } = frame.data ?? {}
  frame.data = { ...data, sourcemap: found.mapUrl, symbolicated: true, resolved_with: found.by }
}

function nameOf(
  frame: Frame,
  map: SourceMap,
  script: Script | undefined,
  segment: number,
  caller: Mapped | undefined,
): string | undefined {
  const minified = minifiedName(frame.function)
  if (minified === undefined) return undefined
  const declared = script && declaredName(map, script, segment, minified)
  if (declared !== undefined) return declared
  return caller && calledName(caller.ready.map, caller.ready.script, caller.segment, minified)
}
