import { z } from 'zod'
import { listenAddress } from '../core/http/config.ts'
import { clusterFields } from './elasticsearch/cluster_config.ts'
import { embeddedConfig } from './embedded/config.ts'

/** The store: where events, and documents sent to `/es`, are kept and asked. */
export const storeConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether there is a store'),
  engine: z
    .enum(['embedded', 'elasticsearch'])
    .default('embedded')
    .describe('What it is: files on this machine, or an Elasticsearch or OpenSearch cluster'),
  api_listen: z
    .union([listenAddress, z.array(listenAddress)])
    .transform((one) => (Array.isArray(one) ? one : [one]))
    .default([])
    .describe(
      'Ports of its own for the Elasticsearch API, beside /es on the HTTP port, for clients that allow no path',
    ),
  ...embeddedConfig.shape,
  ...clusterFields,
})

export type StoreConfig = z.output<typeof storeConfig>
