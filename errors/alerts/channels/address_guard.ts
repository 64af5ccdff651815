import type { LookupAddress } from 'node:dns'
import { BlockList, isIP, isIPv4 } from 'node:net'
import { PermanentError, RetryableError } from '../../../core/errors.ts'

/** Nothing public is there (IANA's special-purpose registries). */
const special = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, bits, 'ipv4')
}

/** Of IPv6 only what is handed out to the public, less what carries an IPv4 address or is for books. */
const global = new BlockList()
global.addSubnet('2000::', 3, 'ipv6')
const carrying = new BlockList()
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  carrying.addSubnet(network, bits, 'ipv6')
}

/** Whether an address is of the public internet. */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4')
  return global.check(address, 'ipv6') && !carrying.check(address, 'ipv6')
}

/** Whether a host of a URL is not public whatever a resolver says. */
export function isSurelyPrivate(host: string): boolean {
  const plain = unbracketed(host)
  return /^(?:.+\.)?localhost$/i.test(plain) || (isIP(plain) !== 0 && !isPublic(plain))
}

const unbracketed = (host: string) => host.replace(/^\[(.*)\]$/, '$1')

/**
 * The address to connect to. A name is resolved once, and what is judged here is what is connected to: a name
 * that changes in between (DNS rebinding) changes nothing.
 *
 * @param host of a URL: a name, an IPv4 address or `[…]`.
 * @throws PermanentError when there are only private addresses and none is allowed.
 */
export async function guardedAddress(
  host: string,
  allowsPrivate: boolean,
  lookup: (host: string) => Promise<readonly LookupAddress[]>,
): Promise<LookupAddress> {
  const plain = unbracketed(host)
  const family = isIP(plain)
  const found = family ? [{ address: plain, family }] : await resolved(plain, lookup)
  const usable = found.find(({ address }) => allowsPrivate || isPublic(address))
  if (usable) return usable
  const text = `${plain} has no public address (${found.map(({ address }) => address).join(', ')}): a channel with allow_private may use it`
  throw new PermanentError('WEIR_OUTPUT_REFUSED', text)
}

async function resolved(
  host: string,
  lookup: (host: string) => Promise<readonly LookupAddress[]>,
): Promise<readonly LookupAddress[]> {
  try {
    const found = await lookup(host)
    if (found.length > 0) return found
  } catch (cause) {
    throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', `${host} cannot be resolved`, { cause })
  }
  throw new RetryableError('WEIR_OUTPUT_UNAVAILABLE', `${host} has no address`)
}
