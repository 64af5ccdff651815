import { component, muted, nothing, type Component } from '../component.ts'
import { isUrl } from './filename.ts'

/** Longer ones are of bundles, where a line is the whole program. */
export const maxContextLine = 120

const platforms = new Set(['javascript', 'node', 'bun', 'deno', 'python', 'php', 'ruby'])

/** Whether the source line is part of what makes a frame: in languages where builds leave it as it is. */
export function hasContextLine(platform: string): boolean {
  return platforms.has(platform)
}

/** The line of source, without what formatting changes. */
export function contextLineComponent(
  line: string,
  absPath: string,
  functionName: string,
  family: string,
): Component {
  // What is longer is minified, or data; collapsing it first would let a page of spaces cost time.
  if (line.length > 4 * maxContextLine) {
    return muted(
      component('context-line', [line.slice(0, maxContextLine)]),
      'discarded because line too long',
    )
  }
  const collapsed = line
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ')
  if (collapsed === '') return nothing('context-line')
  const known = component('context-line', [collapsed])
  if (collapsed.length > maxContextLine) return muted(known, 'discarded because line too long')
  if (family === 'javascript' && functionName === '' && isUrl(absPath)) {
    return muted(known, 'discarded because from URL origin and no function')
  }
  return known
}
