import type { ListenAddress } from './failure.ts'
import type { HostPort } from './address.ts'

/** Where an input listens, by its parsed config; empty for those that do not. */
export function addressesOf(input: { type: string; [key: string]: unknown }): ListenAddress[] {
  // The schemas of these inputs make `path` a text, and `listen` a list.
  if (input.type === 'unix') return [{ protocol: 'unix', path: input['path'] as string }]
  if (input.type !== 'tcp' && input.type !== 'udp') return []
  const protocol = input.type
  return (input['listen'] as HostPort[]).map(({ host, port }) => ({ protocol, host, port }))
}

/** Whether two sockets cannot both have what they ask for. */
export function collide(one: ListenAddress, other: ListenAddress): boolean {
  if (one.protocol === 'unix' || other.protocol === 'unix') {
    return one.protocol === 'unix' && other.protocol === 'unix' && one.path === other.path
  }
  if (one.protocol !== other.protocol || one.port !== other.port || one.port === 0) return false
  const [a, b] = [plain(one.host), plain(other.host)]
  // A socket on :: takes IPv4, too.
  if (a === b || a === '::' || b === '::') return true
  const sameFamily = a.includes(':') === b.includes(':')
  return sameFamily && (a === '0.0.0.0' || b === '0.0.0.0')
}

const plain = (host: string) => (host === 'localhost' ? '127.0.0.1' : host)
