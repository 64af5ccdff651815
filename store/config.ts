import { z } from 'zod'
import { listenAddress } from '../core/http/config.ts'
import { apiLimits } from './api/limits.ts'
import { clusterFields } from './elasticsearch/cluster_config.ts'
import { embeddedConfig } from './embedded/config.ts'

/** The store: where events, and documents sent to `/es`, are kept and asked. */
export const storeConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether there is a store'),
  engine: z
    .enum(['embedded', 'elasticsearch'])
    .default('embedded')
    .describe(
      'What it is: files on this machine, or an Elasticsearch or OpenSearch cluster; metric points are on this machine either way',
    ),
  api_listen: z
    .union([listenAddress, z.array(listenAddress)])
    .transform((one) => (Array.isArray(one) ? one : [one]))
    .default([])
    .describe(
      'Ports of its own for the Elasticsearch API, beside /es on the HTTP port, for clients that allow no path',
    ),
  limits: apiLimits,
  ...embeddedConfig.shape,
  ...clusterFields,
})

export type StoreConfig = z.output<typeof storeConfig>

/** Of the embedded engine's options, those that are for events alone; metric points are on this machine either way. */
const ofEvents = new Set(['max_fields', 'max_words'])

/** The options that an engine does not have. */
const alone: Readonly<Record<StoreConfig['engine'], readonly string[]>> = {
  embedded: Object.keys(clusterFields),
  elasticsearch: [...ofEvents, 'limits'],
}

/**
 * What to say about keys of a config that mean nothing with its engine, such as `hosts` of the embedded one.
 *
 * @param input the config before the schema.
 * @param placeOf where a key stands.
 */
export function keysWithoutMeaning(
  input: unknown,
  engine: StoreConfig['engine'],
  placeOf: (path: readonly string[]) => string,
): string[] {
  const given = (input as { store?: object } | undefined)?.store ?? {}
  return alone[engine]
    .filter((key) => key in given)
    .map(
      (key) =>
        `${placeOf(['store', key])}: store.${key} means nothing with store.engine: ${engine}`,
    )
}
