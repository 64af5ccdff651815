import type { ListenAddress } from '../core/listen/failure.ts'
import type { MetricsAddress } from '../statsd/listen_address.ts'
import type { WantedAddress } from './check_addresses.ts'
import type { Loaded } from './running.ts'

/** The addresses of StatsD that the config names; a default one that is taken is no problem. */
export function statsdAddresses({ config, input }: Loaded): WantedAddress[] {
  const { statsd, roles } = config
  if (!statsd.enabled || !roles.includes('statsd')) return []
  const written = (input as { statsd?: { listen?: unknown } } | undefined)?.statsd
  const listeners = written?.listen === undefined ? [] : statsd.listen
  return [
    ...listeners.map(({ address }) => wanted('statsd', 'statsd.listen', address)),
    ...(statsd.console.listen ?? []).map((address) =>
      wanted('statsd console', 'statsd.console.listen', address),
    ),
  ]
}

function wanted(subject: string, key: string, address: MetricsAddress): WantedAddress {
  const { protocol } = address
  const isPath = protocol === 'unix' || protocol === 'unixgram'
  const listen = isPath ? { protocol: 'unix' as const, path: address.path } : address
  return { subject, key, address: listen as ListenAddress }
}
