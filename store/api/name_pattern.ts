/** A pattern of names. Matching takes linear time for each `*`, whatever the pattern. */
export interface NamePattern {
  test(name: string): boolean
}

/** `*` for any run of characters, as index names and fields are matched. */
export function namePattern(pattern: string): NamePattern {
  const parts = pattern.split(/\*+/)
  const first = parts[0]!
  if (parts.length === 1) return { test: (name) => name === pattern }
  const last = parts.at(-1)!
  const between = parts.slice(1, -1)
  return {
    test(name) {
      if (name.length < first.length + last.length) return false
      if (!name.startsWith(first) || !name.endsWith(last)) return false
      const end = name.length - last.length
      let at = first.length
      for (const part of between) {
        const found = name.indexOf(part, at)
        if (found < 0 || found + part.length > end) return false
        at = found + part.length
      }
      return true
    },
  }
}

/** Whether some name fits both patterns. */
export function patternsOverlap(one: string, other: string): boolean {
  if (!one.includes('*')) return namePattern(other).test(one)
  if (!other.includes('*')) return namePattern(one).test(other)
  // What stands between the first and the last `*` of both finds its place in a name that is long enough.
  const starts = [one, other].map((pattern) => pattern.slice(0, pattern.indexOf('*')))
  const ends = [one, other].map((pattern) => pattern.slice(pattern.lastIndexOf('*') + 1))
  const isWithin = (test: (whole: string, part: string) => boolean, [a = '', b = '']: string[]) =>
    test(a, b) || test(b, a)
  return (
    isWithin((whole, part) => whole.startsWith(part), starts) &&
    isWithin((whole, part) => whole.endsWith(part), ends)
  )
}
