import { SearchError } from '../search.ts'
import {
  dateElements,
  namedDatePatterns,
  type DateElement,
  type DateLetter,
} from './date_pattern.ts'

/** A way in which DuckDB's strptime reads dates of a format. */
export interface StrptimePattern {
  /** For `<before><text><after>`: what the format leaves out is that of the epoch, and strptime has 1900. */
  readonly pattern: string
  readonly before: string
  readonly after: string
}

/** How many ways a format with optional sections may be read. */
const waysMax = 32

/**
 * A format of java.time, or one of Elasticsearch's names, as DuckDB's strptime has it: one way for each choice of
 * its optional sections. Years have four digits, or two.
 *
 * @throws SearchError for a format that cannot be read from documents
 */
export function strptimeOf(format: string): readonly StrptimePattern[] {
  const plain = format.replace(/^strict_/, '')
  const isNamed = Object.hasOwn(namedDatePatterns, plain)
  const elements = dateElements(isNamed ? namedDatePatterns[plain]! : format)
  return waysOf(elements, format).map((way) => {
    const letters = new Set(way.flatMap((each) => ('letter' in each ? [each.letter] : [])))
    const written = way.map((each) => pieceOf(each, format)).join('')
    const [isWeeks, hasYear] = [letters.has('Y'), letters.has('y') || letters.has('u')]
    const before = isWeeks || hasYear ? '' : '1970 '
    const after = isWeeks ? `${letters.has('w') ? '' : ' 01'}${letters.has('e') ? '' : ' 1'}` : ''
    const behind = isWeeks ? `${letters.has('w') ? '' : ' %V'}${letters.has('e') ? '' : ' %u'}` : ''
    return { pattern: `${before && '%Y '}${written}${behind}`, before, after }
  })
}

/** @throws SearchError when documents cannot be read by a format such as `yyyy/MM/dd||epoch_second` */
export function checkDateFormat(format: string): void {
  for (const each of format.split('||')) {
    const name = each.trim()
    if (name !== 'epoch_millis' && name !== 'epoch_second') strptimeOf(name)
  }
}

type Plain = Exclude<DateElement, { readonly optional: unknown }>

/** With and without each optional section; what says more comes first. */
function waysOf(elements: readonly DateElement[], format: string): readonly (readonly Plain[])[] {
  let ways: (readonly Plain[])[] = [[]]
  for (const element of elements) {
    const next =
      'optional' in element ? [...waysOf(element.optional, format), []] : ([[element]] as const)
    ways = next.flatMap((more) => ways.map((way) => [...way, ...more]))
    if (ways.length > waysMax) throw unreadable(format, 'so many optional sections')
  }
  return ways
}

function pieceOf(element: Plain, format: string): string {
  if ('literal' in element) return element.literal.replaceAll('%', '%%')
  const { letter, count } = element
  const piece = directives[letter]?.(count)
  if (piece === undefined) throw unreadable(format, letter.repeat(count))
  return piece
}

const directives: Readonly<Partial<Record<DateLetter, (count: number) => string | undefined>>> = {
  y: (count) => (count === 2 ? '%y' : '%Y'),
  u: (count) => (count === 2 ? '%y' : '%Y'),
  Y: () => '%G',
  w: () => '%V',
  e: () => '%u',
  M: (count) => month(count),
  L: (count) => month(count),
  D: () => '%j',
  d: () => '%d',
  E: (count) => (count < 4 ? '%a' : '%A'),
  a: () => '%p',
  H: () => '%H',
  h: () => '%I',
  m: () => '%M',
  s: () => '%S',
  // Of nanoseconds strptime knows the years 1678 to 2261 only.
  S: (count) => (count > 6 ? '%n' : '%f'),
  ƒ: () => '%f',
  X: () => '%z',
  x: () => '%z',
  Z: () => '%z',
  z: () => '%Z',
  V: () => '%Z',
}

const month = (count: number) => (count < 3 ? '%m' : count === 3 ? '%b' : '%B')

const unreadable = (format: string, part: string) =>
  new SearchError(
    400,
    'illegal_argument_exception',
    `date format [${format}]: [${part}] is not supported; write yyyy, MM, dd, HH, mm, ss, SSS, MMM, EEE, a, Z or XXX`,
  )
