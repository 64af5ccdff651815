/** The one of `known` that `word` most likely meant, undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // A third of the letters may be wrong, at least one; more is a guess rather than a suggestion.
  let best = Math.max(1, Math.floor(word.length / 3)) + 1
  let found: string | undefined
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < best) {
      best = distance
      found = candidate
    }
  }
  return found ?? known.find((name) => word.length > 2 && name.startsWith(word))
}

/** Letters to insert, remove, replace or swap with their neighbour to get from `a` to `b`. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 16 || a.length > 64) return Infinity
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(
        above[column]! + 1,
        current[column - 1]! + 1,
        above[column - 1]! + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2]
      if (swapped && a[row - 2] === b[column - 1]) cost = Math.min(cost, before[column - 2]! + 1)
      current.push(cost)
    }
    before = above
    above = current
  }
  return above[b.length]!
}
