/** Go's reference time in its pieces, longest first, and what each is in strptime. */
const pieces: readonly (readonly [go: string, strptime: string])[] = [
  ['January', '%B'],
  ['Monday', '%A'],
  ['Z07:00:00', '%z'],
  ['-07:00:00', '%z'],
  ['Z07:00', '%z'],
  ['-07:00', '%z'],
  ['Z0700', '%z'],
  ['-0700', '%z'],
  ['2006', '%Y'],
  ['Jan', '%b'],
  ['Mon', '%a'],
  ['MST', '%Z'],
  ['Z07', '%z'],
  ['-07', '%z'],
  ['002', '%j'],
  ['01', '%m'],
  ['02', '%d'],
  ['_2', '%e'],
  ['15', '%H'],
  ['03', '%I'],
  ['04', '%M'],
  ['05', '%S%f'],
  ['06', '%y'],
  ['PM', '%p'],
  ['pm', '%p'],
  ['1', '%m'],
  ['2', '%d'],
  ['3', '%I'],
  ['4', '%M'],
  ['5', '%S%f'],
]
const strptimeOf = new Map(pieces)
const piece = new RegExp(`[.,](?:0+|9+)(?!\\d)|${pieces.map(([go]) => go).join('|')}|%`, 'g')

/** True for a layout such as `2006-01-02T15:04:05Z07:00`: it has no `%` and names Go's reference time. */
export function isGoLayout(format: string): boolean {
  return !format.includes('%') && /2006|15:04|03:04|3:04|Jan/.test(format)
}

/**
 * A Go layout as a strptime format. As in Go, a fraction after the seconds is read whether or not the
 * layout has one; `%f` stands for it.
 */
export function strptimeOfGoLayout(layout: string): string {
  return layout.replace(piece, (found) => {
    if (found === '%') return '%%'
    return strptimeOf.get(found) ?? ''
  })
}
