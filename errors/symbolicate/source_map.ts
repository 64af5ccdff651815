import { MapUnreadable, packMappings, type Mappings, type MappingsSection } from './mappings.ts'

/** A source map, read. Lines and columns are 0-based. */
export interface SourceMap {
  /** About what it takes of memory. */
  readonly bytes: number
  readonly mappings: Mappings
  /** As the map has it, its `sourceRoot` before it; undefined where it says null or nothing. */
  source(index: number): string | undefined
  name(index: number): string | undefined
  /** Whether the map says that a source is none of the app's own (`ignoreList`). */
  isIgnored(source: number): boolean
  /** The text of a source by lines; undefined when the map does not hold it. */
  lines(source: number): SourceLines | undefined
}

export interface SourceLines {
  readonly count: number
  /** Without its line end. */
  line(index: number): string
}

/** Sections of an index map may hold index maps; nobody writes more than two levels of them. */
const deepestSections = 4

/**
 * @param mostBytes that the mappings may take in memory.
 * @throws MapUnreadable for what is no source map of version 3.
 */
export function readSourceMap(bytes: Uint8Array, mostBytes: number): SourceMap {
  let json: unknown
  try {
    // Lines that keep a map from being run as a script, `)]}'`, are allowed before it.
    json = JSON.parse(decodeText(bytes).replace(/^\)\]\}'[^\n]*\n/, ''))
  } catch {
    throw new MapUnreadable('it is not JSON')
  }
  const parts: Parts = { sections: [], sources: [], names: [], contents: [], ignored: new Set() }
  collect(json, { line: 0, column: 0 }, parts, 0)
  const mappings = packMappings(parts.sections, mostBytes)
  const { sources, names, contents, ignored } = parts
  const texts = new Map<number, SourceLines>()
  const at = (list: readonly unknown[], index: number) => {
    const value = list[index]
    return typeof value === 'string' ? value : undefined
  }
  return {
    bytes: mappings.bytes + sizeOf(sources) + sizeOf(names) + sizeOf(contents) * 1.2,
    mappings,
    source: (index) => at(sources, index),
    name: (index) => at(names, index),
    isIgnored: (source) => ignored.has(source),
    lines(index) {
      const known = texts.get(index)
      if (known) return known
      const content = at(contents, index)
      if (content === undefined) return undefined
      const lines = linesOf(content)
      texts.set(index, lines)
      return lines
    },
  }
}

interface Parts {
  readonly sections: MappingsSection[]
  readonly sources: unknown[]
  readonly names: unknown[]
  readonly contents: unknown[]
  readonly ignored: Set<number>
}

interface Offset {
  readonly line: number
  readonly column: number
}

function collect(json: unknown, offset: Offset, into: Parts, depth: number): void {
  const map = recordOf(json, 'it is not an object')
  if (Array.isArray(map['sections'])) {
    if (depth === deepestSections) throw new MapUnreadable('its sections are nested too deep')
    for (const one of map['sections'] as unknown[]) {
      const section = recordOf(one, 'a section is not an object')
      const inner = recordOf(section['offset'], 'a section has no offset')
      const [line, column] = [naturalOf(inner['line']), naturalOf(inner['column'])]
      const isFirstLine = line === 0
      const place = {
        line: offset.line + line,
        column: isFirstLine ? offset.column + column : column,
      }
      collect(section['map'], place, into, depth + 1)
    }
    return
  }
  if (typeof map['mappings'] !== 'string') throw new MapUnreadable('it has no mappings')
  const sources = listOf(map['sources'])
  const contents = listOf(map['sourcesContent'])
  const root = typeof map['sourceRoot'] === 'string' ? map['sourceRoot'] : ''
  const [firstSource, firstName] = [into.sources.length, into.names.length]
  into.sections.push({ ...offset, mappings: map['mappings'], firstSource, firstName })
  for (let index = 0; index < sources.length; index++) {
    into.sources.push(below(root, sources[index]))
    into.contents.push(contents[index])
  }
  for (const name of listOf(map['names'])) into.names.push(name)
  for (const index of listOf(map['ignoreList'] ?? map['x_google_ignoreList'])) {
    if (typeof index === 'number') into.ignored.add(firstSource + index)
  }
}

/** Spread would overflow the stack with lists of this length, and a list may be none. */
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function below(root: string, source: unknown): unknown {
  if (root === '' || typeof source !== 'string' || /^([a-z][\w+.-]*:|\/)/i.test(source))
    return source
  return root.endsWith('/') ? root + source : `${root}/${source}`
}

function recordOf(value: unknown, otherwise: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MapUnreadable(otherwise)
  }
  return value as Record<string, unknown>
}

function naturalOf(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31) {
    return value
  }
  throw new MapUnreadable('the offset of a section is no position')
}

function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
}

/** Strings of a list as V8 holds them, about: one byte a character, and a header each. */
function sizeOf(list: readonly unknown[]): number {
  let bytes = list.length * 8
  for (const value of list) if (typeof value === 'string') bytes += value.length + 16
  return bytes
}

/** Where lines begin is looked up once: frames deep in a long file would count its lines each time. */
function linesOf(text: string): SourceLines {
  const starts: number[] = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return {
    count: starts.length,
    line(index) {
      const from = starts[index]
      if (from === undefined) return ''
      const line = text.slice(from, (starts[index + 1] ?? text.length + 1) - 1)
      return line.endsWith('\r') ? line.slice(0, -1) : line
    },
  }
}
