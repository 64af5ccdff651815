/**
 * A regular expression of the decimal numbers from `from` to `to`, both included, as Lucene's `<n-m>`: bounds
 * with as many digits as each other ask for numbers of that length, others allow leading zeros.
 *
 * @example numericInterval('7', '23') // 0*(?:[7-9]|1[0-9]|2[0-3])
 */
export function numericInterval(from: string, to: string): string {
  const [low, high] = BigInt(from) <= BigInt(to) ? [from, to] : [to, from]
  if (from.length === to.length) return sameLength(low, high)
  const lowest = String(BigInt(low))
  const highest = String(BigInt(high))
  const parts: string[] = []
  for (let length = lowest.length; length <= highest.length; length++) {
    const start = length === lowest.length ? lowest : `1${'0'.repeat(length - 1)}`
    const end = length === highest.length ? highest : '9'.repeat(length)
    parts.push(sameLength(start, end))
  }
  return `0*(?:${parts.join('|')})`
}

/** Of bounds with the same number of digits. */
function sameLength(low: string, high: string): string {
  if (low === high) return low
  if (low.length === 1) return `[${low}-${high}]`
  const rest = low.length - 1
  const first = Number(low[0])
  const last = Number(high[0])
  if (first === last) return `${first}${sameLength(low.slice(1), high.slice(1))}`
  const parts: string[] = []
  const lowIsRound = /^0*$/.test(low.slice(1))
  const highIsRound = /^9*$/.test(high.slice(1))
  if (!lowIsRound) parts.push(`${first}${sameLength(low.slice(1), '9'.repeat(rest))}`)
  const from = lowIsRound ? first : first + 1
  const to = highIsRound ? last : last - 1
  if (from <= to) parts.push(`${from === to ? from : `[${from}-${to}]`}[0-9]{${rest}}`)
  if (!highIsRound) parts.push(`${last}${sameLength('0'.repeat(rest), high.slice(1))}`)
  return `(?:${parts.join('|')})`
}
