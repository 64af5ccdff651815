/** What a member is to a scan; `empty`: there is often none, and frames that have one are read. */
type Kind = 'text' | 'place' | 'line' | 'lines' | 'count' | 'flag' | 'vars' | 'address' | 'empty'
export interface Member {
  readonly kind: Kind
  /** Bytes of its JSON: characters are not more. */
  readonly max: number
  /** Whether grouping reads it. */
  readonly isFact: boolean
  /** One of all members. */
  readonly bit: number
  readonly name: Buffer
}

/** Bounds are those of frames.ts, or stricter. */
const members: readonly Member[] = (
  [
    ['filename', 'place', 256, true],
    ['abs_path', 'place', 256, true],
    ['function', 'text', 256, true],
    ['raw_function', 'text', 256, true],
    ['module', 'text', 1024, true],
    ['package', 'text', 1024, true],
    ['platform', 'text', 64, true],
    ['lineno', 'count', 0, true],
    ['colno', 'count', 0, true],
    ['in_app', 'flag', 0, true],
    ['context_line', 'line', 1024, true],
    ['pre_context', 'lines', 1024, false],
    ['post_context', 'lines', 1024, false],
    ['vars', 'vars', 0, false],
    ['data', 'empty', 0, false],
    ['symbol', 'text', 256, false],
    ['addr_mode', 'text', 64, false],
    ['instruction_addr', 'address', 64, false],
    ['image_addr', 'address', 64, false],
    ['symbol_addr', 'address', 64, false],
  ] as const
).map(([name, kind, max, isFact], at) => ({
  kind,
  max,
  isFact,
  bit: 1 << at,
  name: Buffer.from(name),
}))

const bitOf = (name: string) => members.find((member) => member.name.toString() === name)!.bit
export const filenameBit = bitOf('filename')
/** Of these `?` says that nothing is known. */
export const namingBits = bitOf('function') | bitOf('symbol')

/** No two of them have the same. */
const placeOf = (length: number, first: number, last: number) =>
  (length * 2 + first * 4 + last) & 63

const byPlace: (Member | undefined)[] = Array.from({ length: 64 })
for (const member of members) {
  const { name } = member
  const place = placeOf(name.length, name[0]!, name.at(-1)!)
  if (byPlace[place]) throw new TypeError(`${name.toString()} has the place of another member`)
  byPlace[place] = member
}

/** The member whose name is in these bytes; undefined for one that frames are not read for. */
export function memberAt(source: Uint8Array, start: number, end: number): Member | undefined {
  const length = end - start
  if (length === 0) return undefined
  const member = byPlace[placeOf(length, source[start]!, source[end - 1]!)]
  if (member === undefined || member.name.length !== length) return undefined
  const { name } = member
  for (let at = 0; at < length; at++) if (name[at] !== source[start + at]) return undefined
  return member
}
