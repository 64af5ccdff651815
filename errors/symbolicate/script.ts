import { MapUnreadable } from './mappings.ts'

/** A minified script. Lines are 0-based. */
export interface Script {
  /** Without the map that it may have inside. */
  readonly text: string
  /** How many it has. */
  readonly lines: number
  /** The map that its last lines name (ECMA-426 §11.1.2), a url; `inlineReference` for one inside of it. */
  readonly mapReference: string | undefined
  /** Where a position is in the text; -1 beyond it. */
  offsetOf(line: number, column: number): number
}

/** How a map inside of its script is referred to: the beginning of a `data:` url. */
export const inlineReference = 'data:'

const sign = 'sourceMappingURL='
/** The name of a map, and what bundlers add behind it, is in so many last bytes; so is what follows a map inside. */
const tailMax = 4_096

export function readScript(bytes: Buffer): Script {
  const inline = inlineMapAt(bytes)
  const text = bytes.toString('utf8', 0, inline?.from)
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return {
    text,
    lines: starts.length,
    mapReference: inline ? inlineReference : referenceIn(text.slice(-tailMax)),
    offsetOf(line, column) {
      const start = starts[line]
      if (start === undefined) return -1
      const offset = start + column
      return offset < (starts[line + 1] ?? text.length) ? offset : -1
    },
  }
}

/**
 * The bytes of the map that a script has inside; undefined when it has none.
 *
 * @throws MapUnreadable for a `data:` url that is none.
 */
export function inlineMapIn(bytes: Buffer): Buffer | undefined {
  const inline = inlineMapAt(bytes)
  if (!inline) return undefined
  const url = bytes.toString('latin1', inline.from, inline.to)
  const comma = url.indexOf(',')
  if (comma < 0) throw new MapUnreadable('its data: url has no data')
  const data = url.slice(comma + 1)
  if (/;base64$/i.test(url.slice(Math.max(0, comma - 20), comma)))
    return Buffer.from(data, 'base64')
  try {
    return Buffer.from(decodeURIComponent(data))
  } catch {
    throw new MapUnreadable('its data: url is not escaped as urls are')
  }
}

/** Where the last `//# sourceMappingURL=data:…` has its url. */
function inlineMapAt(bytes: Buffer): { readonly from: number; readonly to: number } | undefined {
  const at = bytes.lastIndexOf(sign + inlineReference)
  if (at < 0) return undefined
  const before = bytes.toString('latin1', Math.max(0, at - 8), at)
  if (!/\/[/*][#@][ \t]*$/.test(before)) return undefined
  const from = at + sign.length
  let to = from
  while (to < bytes.length && !isEndOfUrl(bytes[to]!)) to++
  // Code of a script may hold such a comment as a text: then there is more code behind it.
  if (bytes.length - to > tailMax) return undefined
  const rest = bytes.toString('latin1', to)
  const isLast = rest.split('\n').every((line) => /^\s*(?:$|\/\/|\*\/\s*$)/.test(line))
  return isLast && referenceIn(rest) === undefined ? { from, to } : undefined
}

/** White space, quotes, and the `*` of the end of a comment: a url of data has none of them. */
const isEndOfUrl = (byte: number) =>
  byte <= 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x60 || byte === 0x2a

function referenceIn(tail: string): string | undefined {
  return /[#@]\s*sourceMappingURL=(\S{1,2000})\s*(?:\*\/\s*)?(?:\n|$)/.exec(tail)?.[1]
}
