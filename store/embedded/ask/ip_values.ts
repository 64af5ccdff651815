import { isIPv4, isIPv6 } from 'node:net'
import { join, sql, verbatim, type Sql } from '../sql.ts'

/**
 * Addresses are compared as 32 hexadecimal digits, IPv4 as `::ffff:a.b.c.d`, so that their order is that of
 * Elasticsearch's and a network is a range.
 */
export interface AddressRange {
  readonly from: string
  readonly to: string
}

/** SQL: the digits of an address's text, NULL when it is none. */
export function addressOf(given: Sql): Sql {
  // Read once: it may be taken out of a document of many kilobytes.
  const text = verbatim('written')
  const octet = (place: number) =>
    sql`lpad(lower(to_hex(try_cast(split_part(${text}, '.', ${place}) as integer))), 2, '0')`
  const v4 = sql`'00000000000000000000ffff' || ${octet(1)} || ${octet(2)} || ${octet(3)} || ${octet(4)}`
  const groups = (side: Sql) =>
    sql`list_transform(list_filter(string_split(${side}, ':'), lambda g: g <> ''), lambda g: lpad(lower(g), 4, '0'))`
  const left = sql`array_to_string(${groups(sql`split_part(${text}, '::', 1)`)}, '')`
  const right = sql`array_to_string(${groups(sql`split_part(${text}, '::', 2)`)}, '')`
  const zeros = sql`repeat('0', greatest(0, 32 - length(${left}) - length(${right})))`
  const v6 = sql`${left} || ${zeros} || ${right}`
  const digits = sql`case when regexp_full_match(${text}, '[0-9]{1,3}([.][0-9]{1,3}){3}') then ${v4} when regexp_full_match(${text}, '[0-9a-fA-F:]*:[0-9a-fA-F:]*') then ${v6} end`
  return sql`list_transform([${given}], lambda written: ${digits})[1]`
}

/** SQL: an address as Elasticsearch writes it: the longest zeros of IPv6 left out, in lower case. */
export function canonicalAddress(text: Sql): Sql {
  const group = (place: number) => sql`ltrim(substr(d, ${verbatim(String(place * 4 + 1))}, 4), '0')`
  const groups = Array.from({ length: 8 }, (_, place) => {
    return sql`case when ${group(place)} = '' then '0' else ${group(place)} end`
  })
  const octet = (place: number) =>
    sql`cast('0x' || substr(d, ${verbatim(String(place))}, 2) as integer)`
  const v4 = sql`concat_ws('.', ${join([25, 27, 29, 31].map(octet), ', ')})`
  const runs = [8, 7, 6, 5, 4, 3, 2].map((length) => `:${'0:'.repeat(length)}`)
  const shortened = join(
    runs.map((run) => sql`when contains(w, ${run}) then regexp_replace(w, ${run}, '::')`),
    ' ',
  )
  const whole = sql`list_transform([':' || concat_ws(':', ${join(groups, ', ')}) || ':'], lambda w: case ${shortened} else w end)[1]`
  const v6 = sql`regexp_replace(regexp_replace(${whole}, '^:([^:])', '\\1'), '([^:]):$', '\\1')`
  const made = sql`list_transform([${addressOf(text)}], lambda d: case when starts_with(d, '00000000000000000000ffff') then ${v4} else ${v6} end)[1]`
  return sql`case when contains(${text}, ':') then coalesce(${made}, lower(${text})) else ${text} end`
}

/** As `canonicalAddress`, of the digits. */
export function addressText(digits: string): string {
  if (digits.startsWith('00000000000000000000ffff')) {
    const octets = [24, 26, 28, 30].map((at) => parseInt(digits.slice(at, at + 2), 16))
    return octets.join('.')
  }
  const groups = Array.from({ length: 8 }, (_, at) => {
    return parseInt(digits.slice(at * 4, at * 4 + 4), 16).toString(16)
  })
  const whole = `:${groups.join(':')}:`
  const run = [8, 7, 6, 5, 4, 3, 2]
    .map((length) => `:${'0:'.repeat(length)}`)
    .find((zeros) => whole.includes(zeros))
  const short = run === undefined ? whole : whole.replace(run, '::')
  return short.replace(/^:([^:])/, '$1').replace(/([^:]):$/, '$1')
}

/** The digits of an address. @returns undefined when it is none */
export function addressDigits(text: string): string | undefined {
  if (isIPv4(text)) return `00000000000000000000ffff${hexOfV4(text)}`
  const bare = text.split('%')[0]!
  if (!isIPv6(bare)) return undefined
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare)
  const plain = dotted
    ? `${dotted[1]}${hexOfV4(dotted[2]!).slice(0, 4)}:${hexOfV4(dotted[2]!).slice(4)}`
    : bare
  const [left = '', right = ''] = plain.split('::')
  const digits = (side: string) =>
    side
      .split(':')
      .filter((group) => group !== '')
      .map((group) => group.toLowerCase().padStart(4, '0'))
      .join('')
  const [start, end] = [digits(left), digits(right)]
  return start + '0'.repeat(32 - start.length - end.length) + end
}

const hexOfV4 = (text: string) =>
  text
    .split('.')
    .map((octet) => Number(octet).toString(16).padStart(2, '0'))
    .join('')

/** What `10.0.0.0/8` or a single address covers. @returns undefined when the text is neither */
export function addressRange(text: string): AddressRange | undefined {
  const [address = '', length, ...more] = text.split('/')
  const digits = addressDigits(address)
  if (digits === undefined || more.length > 0) return undefined
  if (length === undefined) return { from: digits, to: digits }
  const bits = Number(length) + (isIPv4(address) ? 96 : 0)
  if (!/^\d{1,3}$/.test(length) || bits > 128) return undefined
  const value = BigInt(`0x${digits}`)
  const rest = (1n << BigInt(128 - bits)) - 1n
  const hex = (number: bigint) => number.toString(16).padStart(32, '0')
  return { from: hex(value & ~rest), to: hex(value | rest) }
}

/** The address before or after it; undefined at the ends. */
export function neighbour(digits: string, step: 1n | -1n): string | undefined {
  const value = BigInt(`0x${digits}`) + step
  return value < 0n || value >= 1n << 128n ? undefined : value.toString(16).padStart(32, '0')
}
