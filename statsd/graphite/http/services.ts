import type { Clock } from '../../../core/clock.ts'
import { Refusal } from '../../../core/http/refusal.ts'
import type { MetricStore } from '../../../store/metrics.ts'
import type { GraphiteConfig } from '../config.ts'
import type { GraphiteEvents } from '../events.ts'
import type { EtsyNames } from '../../names/etsy.ts'
import { Finder, type Finding } from '../names/finder.ts'
import type { Mount } from '../names/mounts.ts'
import { parseTime } from '../render/attime.ts'
import { timeZoneOf, utc } from '../render/time_zone.ts'
import { badRequest, type Parameters } from './parameters.ts'

/** What Graphite's API stands on. */
export interface Services {
  readonly config: GraphiteConfig
  readonly clock: Clock
  readonly random: () => number
  /** Undefined where this Weir keeps no points, with why. */
  readonly store: () => MetricStore | undefined
  readonly events: () => GraphiteEvents | undefined
  readonly mounts: readonly Mount[]
  readonly names: EtsyNames
}

/** The store, with everything in it that was durable when the request came. @throws Refusal 503 */
export async function openedStore({ store }: Services): Promise<MetricStore> {
  const found = store()
  if (!found)
    throw new Refusal(
      503,
      'no_store',
      'this Weir keeps no points: see store.enabled and store.engine',
    )
  await found.refresh()
  return found
}

export async function openedFinder(services: Services): Promise<Finder> {
  const { mounts, names } = services
  return new Finder({ store: await openedStore(services), mounts, names })
}

export function openedEvents({ events }: Services): GraphiteEvents {
  const found = events()
  if (found) return found
  throw new Refusal(503, 'no_store', 'this Weir keeps no events: see store.enabled')
}

/** A time of a request, as `/render` reads it; undefined where there is none. @throws Refusal 400 */
export function timeOf(
  { config, clock }: Services,
  parameters: Parameters,
  name: string,
): number | undefined {
  const text = parameters.text(name)
  if (text === undefined) return undefined
  const zone = timeZoneOf(parameters.text('tz') ?? config.time_zone) ?? utc
  try {
    return parseTime(text, zone, Math.floor(clock.now() / 1000))
  } catch (failure) {
    if (failure instanceof RangeError) throw badRequest(`${name}: ${failure.message}`)
    throw failure
  }
}

/** Bounds of what is found, by the request's `from` and `until`. */
export function findingOf(
  services: Services,
  { parameters, deadline }: { readonly parameters: Parameters; readonly deadline: AbortSignal },
): Finding {
  const fromS = timeOf(services, parameters, 'from')
  const untilS = timeOf(services, parameters, 'until')
  return {
    limit: services.config.max_series,
    deadline,
    // A negative or zero time is no bound in graphite-web.
    ...(fromS !== undefined && fromS > 0 && { fromMs: fromS * 1000 }),
    ...(untilS !== undefined && untilS > 0 && { untilMs: untilS * 1000 }),
  }
}
