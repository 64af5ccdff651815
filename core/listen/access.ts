import { BlockList, isIP } from 'node:net'

/** Whether an address may send. IPv4 addresses in their IPv6 form (`::ffff:10.0.0.1`) are IPv4. */
export function createAccess(config: {
  allow?: readonly string[] | undefined
  deny: readonly string[]
}): (address: string) => boolean {
  const { allow, deny } = config
  if (!allow && deny.length === 0) return () => true
  const allowed = allow && blockList(allow)
  const denied = blockList(deny)
  return (address) => {
    const ip = plainIp(address)
    const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4'
    return !denied.check(ip, family) && (allowed === undefined || allowed.check(ip, family))
  }
}

/** An address without its zone, and IPv4 where it is IPv4 in IPv6 form. */
export function plainIp(address: string): string {
  const ip = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  const zone = ip.indexOf('%')
  return zone === -1 ? ip : ip.slice(0, zone)
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of networks) {
    const [ip = '', bits] = text.split('/')
    const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(ip, family)
    else list.addSubnet(ip, Number(bits), family)
  }
  return list
}
