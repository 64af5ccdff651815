/**
 * Tags of a series by its name: `name;k=v;k2=v2` or `name{k="v",k2="v2"}`, `name` being one of them. A name that
 * looks like a call, or cannot be read, is as a whole the tag `name`. Graphite's `TaggedSeries.parse`.
 */
export function tagsOfName(name: string): ReadonlyMap<string, string> {
  const whole = new Map([['name', name]])
  if (/^[a-z]+[(].+[)]$/i.test(name)) return whole
  return parseTaggedName(name) ?? whole
}

/** The same for names that may look like calls; undefined when it cannot be read. */
export function parseTaggedName(name: string): ReadonlyMap<string, string> | undefined {
  return name.endsWith('"}') && name.includes('{') ? parseBraces(name) : parseSemicolons(name)
}

function parseSemicolons(text: string): ReadonlyMap<string, string> | undefined {
  const [metric, ...segments] = text.split(';')
  const tags = new Map<string, string>()
  for (const segment of segments) {
    const equals = segment.indexOf('=')
    if (equals < 0 || !isTag(segment.slice(0, equals), segment.slice(equals + 1))) return undefined
    tags.set(segment.slice(0, equals), segment.slice(equals + 1))
  }
  return withName(tags, metric!)
}

function parseBraces(text: string): ReadonlyMap<string, string> | undefined {
  const brace = text.indexOf('{')
  const tags = new Map<string, string>()
  const pattern = /([^=]+)="((?:\\["\\]|[^"\\])+)"(?:,|$)/y
  const inside = text.slice(brace + 1, -1)
  while (pattern.lastIndex < inside.length) {
    const found = pattern.exec(inside)
    if (found === null) return undefined
    const value = found[2]!.replaceAll('\\"', '"').replaceAll('\\\\', '\\')
    if (!isTag(found[1]!, value)) return undefined
    tags.set(found[1]!, value)
  }
  return withName(tags, text.slice(0, brace))
}

function isTag(tag: string, value: string): boolean {
  return /^[^;!^=]+$/.test(tag) && /^[^;~][^;]*$/.test(value)
}

function withName(tags: Map<string, string>, metric: string) {
  const name = metric.replace(/^~+/, '')
  return name === '' ? undefined : tags.set('name', name)
}
