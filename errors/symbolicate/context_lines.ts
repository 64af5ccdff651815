import type { SourceLines } from './source_map.ts'

/** Lines before and after the one of the frame. */
const around = 5
/** Longer lines are cut around the column. */
const widest = 200

export interface ContextLines {
  readonly pre_context: string[]
  readonly context_line: string
  readonly post_context: string[]
}

/** The lines around a position, 0-based; undefined beyond the end of the source. */
export function contextOf(
  lines: SourceLines,
  line: number,
  column: number,
): ContextLines | undefined {
  if (line < 0 || line >= lines.count) return undefined
  const from = Math.max(0, line - around)
  const to = Math.min(lines.count, line + around + 1)
  const cutAll = (start: number, end: number) =>
    Array.from({ length: end - start }, (_, index) => cut(lines.line(start + index), 0))
  return {
    pre_context: cutAll(from, line),
    context_line: cut(lines.line(line), column),
    post_context: cutAll(line + 1, to),
  }
}

/** Marked as Sentry marks it. */
function cut(line: string, column: number): string {
  if (line.length <= widest) return line
  const start = Math.max(0, Math.min(column - 60, line.length - widest))
  const end = start + widest
  const middle = line.slice(start, end).toWellFormed()
  return `${start > 0 ? '{snip} ' : ''}${middle}${end < line.length ? ' {snip}' : ''}`
}
