import { z } from 'zod'
import { secret } from '../../../core/config/secret.ts'
import { duration } from '../../../core/units.ts'
import { problemOf } from './indices.ts'

const host = z.url({
  protocol: /^https?$/,
  error: 'expected a URL such as https://es1.example.com:9200',
})

/** The fields of an elasticsearch output beside those of every output. */
export const elasticsearchFields = {
  hosts: z
    .array(host)
    .min(1)
    .default(['http://127.0.0.1:9200'])
    .describe('Nodes of one cluster; a path in the URL goes before every request'),
  api_key: secret().optional().describe('API key, as Elasticsearch encodes it'),
  username: z.string().optional().describe('User for basic authentication'),
  password: secret().optional().describe('Password for basic authentication'),
  tls: z
    .strictObject({
      ca: z.string().optional().describe('Path of the CA certificates to believe, PEM'),
      cert: z.string().optional().describe('Path of a client certificate, PEM'),
      key: z.string().optional().describe('Path of its private key, PEM'),
      verify: z.boolean().default(true).describe('Whether the certificate must be valid'),
    })
    .optional()
    .describe('TLS of https hosts'),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Further headers of every request'),
  gzip: z.boolean().default(false).describe('Compress requests: less network, more CPU'),
  flavour: z
    .enum(['auto', 'elasticsearch', 'opensearch'])
    .default('auto')
    .describe('What the server is; auto asks it'),
  version: z
    .string()
    .regex(/^\d+\.\d+/, 'expected a version such as 8.19')
    .optional()
    .describe('Version of the server, where it does not say; with flavour'),
  indices: z
    .string()
    .default('data_stream')
    .superRefine((text, context) => {
      const problem = problemOf(text)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .describe(
      "Where events go: `data_stream` (the stream of their tag), `dated` (weir-{tag}-%Y.%m.%d), or a name with {tag}, {stream}, %Y, %m, %d, %H of the event's time",
    ),
  manage_templates: z
    .boolean()
    .default(true)
    .describe('Whether it installs index templates for what it writes'),
  template_priority: z
    .int()
    .min(0)
    .default(300)
    .describe('Priority of those templates; above those of others that match'),
  timestamp_type: z
    .enum(['date', 'date_nanos'])
    .default('date')
    .describe('Mapping of @timestamp: date (milliseconds), date_nanos (only 1970 to 2262)'),
  retention: duration()
    .optional()
    .describe("Age at which the server deletes data streams' data, where it can; default: never"),
}

const elasticsearchConfig = z.object({ ...elasticsearchFields, timeout: duration() })
export type ElasticsearchConfig = z.output<typeof elasticsearchConfig>

/** What reaching a cluster takes. */
export type ClusterConfig = Pick<
  ElasticsearchConfig,
  'hosts' | 'api_key' | 'username' | 'password' | 'tls' | 'headers' | 'timeout'
>
