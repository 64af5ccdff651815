import { z } from 'zod'
import { clientTls } from '../../core/client_tls.ts'
import { secret } from '../../core/config/secret.ts'
import { duration } from '../../core/units.ts'

const host = z.url({
  protocol: /^https?$/,
  error: 'expected a URL such as https://es1.example.com:9200',
})

/** What reaching a cluster takes, as the output and the store have it. */
export const clusterFields = {
  hosts: z
    .array(host)
    .min(1)
    .default(['http://127.0.0.1:9200'])
    .describe('Nodes of one cluster; a path in the URL goes before every request'),
  api_key: secret().optional().describe('API key, as Elasticsearch encodes it'),
  username: z.string().optional().describe('User for basic authentication'),
  password: secret().optional().describe('Password for basic authentication'),
  tls: clientTls('https hosts'),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Further headers of every request'),
}

const clusterConfig = z.object({ ...clusterFields, timeout: duration() })
export type ClusterConfig = z.output<typeof clusterConfig>
