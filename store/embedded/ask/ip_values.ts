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

const octetPattern = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
const v4Pattern = `${octetPattern}([.]${octetPattern}){3}`
const groupsPattern = (most: number) => `[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){0,${most - 1}}`
const v6Pattern = `([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(${groupsPattern(7)})?::(${groupsPattern(7)})?`

/** SQL: whether a text is an address of IPv4. */
const isV4 = (text: Sql) => sql`regexp_full_match(${text}, ${verbatim(`'${v4Pattern}'`)})`

/** SQL: the eight digits of an address of IPv4. */
function digitsOfV4(text: Sql): Sql {
  const octet = (place: number) =>
    sql`lpad(lower(to_hex(try_cast(split_part(${text}, '.', ${verbatim(String(place))}) as integer))), 2, '0')`
  return join([1, 2, 3, 4].map(octet), ' || ')
}

/** SQL: the digits of an address of IPv6 that is written in groups alone, NULL when it is none. */
function digitsOfV6(text: Sql): Sql {
  const groups = (side: Sql) =>
    sql`list_transform(list_filter(string_split(${side}, ':'), lambda g: g <> ''), lambda g: lpad(lower(g), 4, '0'))`
  const left = sql`array_to_string(${groups(sql`split_part(${text}, '::', 1)`)}, '')`
  const right = sql`array_to_string(${groups(sql`split_part(${text}, '::', 2)`)}, '')`
  const written = sql`(length(${left}) + length(${right}))`
  const zeros = sql`repeat('0', greatest(0, 32 - ${written}))`
  const isAddress = sql`regexp_full_match(${text}, ${verbatim(`'${v6Pattern}'`)}) and (${written} <= 28 or not contains(${text}, '::'))`
  return sql`case when ${isAddress} then ${left} || ${zeros} || ${right} end`
}

/** SQL: an address that ends as one of IPv4 does, such as `::ffff:1.2.3.4`, in groups alone. */
function inGroups(text: Sql): Sql {
  const last = sql`split_part(${text}, ':', -1)`
  const digits = digitsOfV4(last)
  const start = sql`left(${text}, length(${text}) - length(${last}))`
  return sql`case when not contains(${text}, '.') then ${text} when ${isV4(last)} then ${start} || left(${digits}, 4) || ':' || right(${digits}, 4) end`
}

/** SQL: the digits of an address's text, NULL when it is none. */
export function addressOf(given: Sql): Sql {
  // Read once: it may be taken out of a document of many kilobytes.
  const text = verbatim('written')
  const v4 = sql`'00000000000000000000ffff' || ${digitsOfV4(text)}`
  const v6 = sql`list_transform([${inGroups(text)}], lambda grouped: ${digitsOfV6(verbatim('grouped'))})[1]`
  const digits = sql`case when ${isV4(text)} then ${v4} when contains(${text}, ':') then ${v6} end`
  return sql`list_transform([${given}], lambda written: ${digits})[1]`
}

/**
 * SQL: an address as Elasticsearch writes it: the longest zeros of IPv6 left out, in lower case, and what is
 * mapped into IPv6 as IPv4. NULL for a text that is none.
 */
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
  const made = sql`list_transform([${addressOf(text)}], lambda d: case when d is null then null when starts_with(d, '00000000000000000000ffff') then ${v4} else ${v6} end)[1]`
  return sql`case when contains(${text}, ':') then ${made} when ${isV4(text)} then ${text} end`
}

/** Whether the digits are those of an address of IPv4. */
export const isMappedV4 = (digits: string): boolean => digits.startsWith('00000000000000000000ffff')

/** As `canonicalAddress`, of the digits. */
export function addressText(digits: string): string {
  if (isMappedV4(digits)) {
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
  // A zone (`fe80::1%eth0`) is of one machine and no part of an address.
  if (!isIPv6(text) || text.includes('%')) return undefined
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const plain = dotted
    ? `${dotted[1]}${hexOfV4(dotted[2]!).slice(0, 4)}:${hexOfV4(dotted[2]!).slice(4)}`
    : text
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
