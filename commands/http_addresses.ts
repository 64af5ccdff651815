import { hostname } from 'node:os'
import { plainValueAt } from '../core/config/merge.ts'
import { isLoopback } from '../core/http/access.ts'
import type { ListenAddress } from '../core/http/address.ts'
import type { HttpConfig } from '../core/http/config.ts'
import { listenOfEnvironment } from '../core/http/inherited.ts'
import type { Loaded } from './running.ts'
import type { World } from './world.ts'

/** Where the HTTP port listens: as configured, else as the environment says, else the default. */
export function httpAddresses(world: World, { config, input }: Loaded): readonly ListenAddress[] {
  const configured = plainValueAt(input, ['http', 'listen']) !== undefined
  const passed = configured ? undefined : listenOfEnvironment(world.env, world.pid)
  return passed ?? config.http.listen
}

/**
 * How clients reach this Weir, without a slash at its end: `http.base_url`, else the first address with a port.
 *
 * @param urls where it listens.
 */
export function urlFor({ base_url }: HttpConfig, urls: readonly string[]): string {
  const own = urls.find((url) => /^https?:/.test(url)) ?? 'http://localhost:4400'
  // Whoever listens on every address is reached by its name.
  const url = base_url ?? own.replace(/(?<=\/\/)(?:0\.0\.0\.0|\[::\])(?=:|$)/, hostname())
  return url.replace(/\/+$/, '')
}

/**
 * What to say when an address is open to other machines, but nobody there could come in: everybody is
 * refused without a token.
 */
export function openToNobody(
  addresses: readonly ListenAddress[],
  { tokens }: HttpConfig,
): string | undefined {
  const isOpen = (address: ListenAddress) =>
    address.kind === 'tcp' && address.host !== 'localhost' && !isLoopback(address.host)
  if (tokens.length > 0 || !addresses.some(isOpen)) return undefined
  return 'it listens for other machines, but http.tokens is empty: whatever does not come from this machine is refused'
}
