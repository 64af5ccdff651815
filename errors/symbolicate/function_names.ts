import type { Script } from './script.ts'
import type { SourceMap } from './source_map.ts'

/** Most segments, and most characters of the script, that are looked through for one frame. */
const segmentsMax = 50_000
const charactersMax = 200_000

/** The name that a frame's function has in the script: `e` of `Object.e [as foo]`; undefined without one. */
export function minifiedName(frameFunction: string | undefined): string | undefined {
  if (frameFunction === undefined || frameFunction.length > 256) return undefined
  const [, name] =
    /(?:^|[.\s])([\p{L}$_][\p{L}\p{N}$_]*)$/u.exec(frameFunction.replace(/ \[as [^\]]*\]$/, '')) ??
    []
  return name
}

/**
 * The original name of the function around a position: the name that the map gives to the nearest declaration of
 * `minified` before it whose body reaches as far as the position. Needs no parser, which a script of megabytes would
 * keep busy for seconds; where a regular expression's braces mislead it, it finds nothing.
 */
export function declaredName(
  map: SourceMap,
  script: Script,
  segment: number,
  minified: string,
): string | undefined {
  const { mappings } = map
  const here = mappings.generated(segment)
  const end = script.offsetOf(here.line, here.column)
  if (end < 0) return undefined
  let looked = 0
  for (let at = segment; at >= 0 && segment - at < segmentsMax; at--) {
    const name = mappings.nameOf(at)
    if (name < 0) continue
    const { line, column } = mappings.generated(at)
    const offset = script.offsetOf(line, column)
    if (offset < 0 || !script.text.startsWith(minified, offset)) continue
    const behind = offset + minified.length
    if (isWordAt(script.text, behind) || !isDeclaration(script.text, offset, behind)) continue
    looked += end - offset
    if (looked > charactersMax) return undefined
    if (reaches(script.text, behind, end)) return map.name(name)
  }
  return undefined
}

/** What the map calls the thing at a caller's position: the function that it calls there. */
export function calledName(
  map: SourceMap,
  script: Script | undefined,
  segment: number,
  minified: string,
): string | undefined {
  const name = map.name(map.mappings.nameOf(segment))
  if (name === undefined) return undefined
  // Without the script only a name as short as minifiers make them is sure to be one of theirs.
  if (!script) return minified.length <= 2 ? name : undefined
  const { line, column } = map.mappings.generated(segment)
  const offset = script.offsetOf(line, column)
  const isIt =
    script.text.startsWith(minified, offset) && !isWordAt(script.text, offset + minified.length)
  return offset >= 0 && isIt ? name : undefined
}

const isWordAt = (text: string, at: number) => /[\p{L}\p{N}$_]/u.test(text.charAt(at))

/** `function e(`, `class e{`, `e=function`, `e=(a)=>`, `e=a=>`, `e:function`, `e(a){` of a method. */
function isDeclaration(text: string, offset: number, behind: number): boolean {
  const before = text.slice(Math.max(0, offset - 24), offset)
  if (/(?:\bfunction\s*\*?|\bclass)\s*$/.test(before)) return true
  const after = text.slice(behind, behind + 200)
  if (/^\s*[=:]\s*(?:async\b|function\b|class\b|\([^()]*\)\s*=>|[\w$]+\s*=>|\()/.test(after))
    return true
  return /(?:^|[{};,\s*])$/.test(before) && /^\([^()]*\)\s*\{/.test(after)
}

/** Whether the function declared at `from` (behind its name) is still open at `to`. */
function reaches(text: string, from: number, to: number): boolean {
  let depth = 0
  // The depth of the body: 0 for the expression of an arrow, 1 within braces; undefined before it.
  let body: 0 | 1 | undefined
  for (let at = from; at < to; at++) {
    const character = text.charCodeAt(at)
    if (character === 34 || character === 39 || character === 96) {
      at = endOfString(text, at, to)
    } else if (character === 123 && body === undefined && depth === 0) {
      ;[body, depth] = [1, 1]
    } else if (character === 40 || character === 91 || character === 123) {
      depth++
    } else if (character === 41 || character === 93 || character === 125) {
      depth--
      if (depth < (body ?? 0)) return false
    } else if (
      character === 61 &&
      text.charCodeAt(at + 1) === 62 &&
      body === undefined &&
      depth === 0
    ) {
      at++
      if (text.charCodeAt(at + 1) !== 123) body = 0
    } else if (body === 0 && depth === 0 && (character === 44 || character === 59)) {
      return false
    }
  }
  return true
}

function endOfString(text: string, start: number, limit: number): number {
  const quote = text.charCodeAt(start)
  for (let at = start + 1; at < limit; at++) {
    const character = text.charCodeAt(at)
    if (character === 92) at++
    else if (character === quote) return at
  }
  return limit
}
