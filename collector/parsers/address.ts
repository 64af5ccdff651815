import { isIP } from 'node:net'

/** True for an IPv4 or IPv6 address that Elasticsearch's `ip` takes: no zone, no leading zeros. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

/** The same for bytes, without a string where it is IPv4. */
export function isAddressAt(source: Buffer, start: number, end: number): boolean {
  if (end - start > 45) return false
  let parts = 1
  let value = -1
  for (let at = start; at < end; at++) {
    const byte = source[at]!
    if (byte >= 0x30 && byte <= 0x39) {
      if (value === 0) return isAddress(source.toString('latin1', start, end))
      value = (value < 0 ? 0 : value * 10) + byte - 0x30
      if (value > 255) return isAddress(source.toString('latin1', start, end))
    } else if (byte === 0x2e && value >= 0) {
      parts += 1
      value = -1
    } else return isAddress(source.toString('latin1', start, end))
  }
  return parts === 4 && value >= 0
}
