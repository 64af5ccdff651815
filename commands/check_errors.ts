import type { Config } from '../config.ts'
import type { ListenAddress } from '../core/listen/failure.ts'
import type { WantedAddress } from './check_addresses.ts'
import { checkChannels } from './check_channels.ts'
import type { Finding } from './finding.ts'
import { errorsRun } from './running_errors.ts'
import { storeRuns } from './running_store.ts'

/** The addresses of Spotlight. */
export function errorAddresses(config: Config): WantedAddress[] {
  if (!errorsRun(config)) return []
  return config.errors.spotlight.listen.flatMap((address): WantedAddress[] => {
    // One that was passed on is open already.
    if (address.kind === 'fd') return []
    const listen = { ...address, protocol: address.kind } as ListenAddress
    return [{ subject: 'spotlight', key: 'errors.spotlight.listen', address: listen }]
  })
}

/** What of error reports cannot work as it is configured. */
export function checkErrors(config: Config): Finding[] {
  if (!errorsRun(config)) return []
  return [...checkChannels(config.errors), ...(storeRuns(config) ? [] : withoutKeys(config))]
}

function withoutKeys(config: Config): Finding[] {
  const without = Object.entries(config.errors.projects).filter(([, { keys }]) => !keys)
  const names = without.map(([slug]) => slug).join(', ')
  if (names === '') return []
  const message = `${names} has no keys, and without a store none can be made and kept: name them`
  return [{ level: 'problem', subject: 'errors.projects', message }]
}
