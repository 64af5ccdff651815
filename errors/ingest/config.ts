import { z } from 'zod'
import { listenAddress } from '../../core/http/config.ts'
import { size } from '../../core/units.ts'
import { quotaSchema } from './quota_config.ts'

/** Most that one request may bring. Compressed, `http.max_body_size` holds. */
const limits = z.strictObject({
  max_envelope_size: size().default(100_000_000).describe('Most bytes of a body once inflated'),
  max_event_size: size().default(1_048_576).describe('Most bytes of one event, as JSON'),
  max_attachment_size: size().default(50_000_000).describe('Most bytes of one attachment'),
  max_attachments: z.int().min(0).default(30).describe('Most attachments of one envelope'),
  max_items: z
    .int()
    .min(1)
    .default(1_000)
    .describe('Most items of one envelope; further ones are dropped, counted'),
  max_header_size: size()
    .default(65_536)
    .describe('Most bytes of an envelope header or item header'),
  max_small_item_size: size()
    .default(102_400)
    .describe('Most bytes of a client report, check-in, user report, session'),
  max_sessions: z.int().min(0).default(100).describe('Most sessions of one envelope'),
  max_logs_size: size().default(2_097_152).describe('Most bytes of one log container'),
  max_logs: z
    .int()
    .min(1)
    .default(10_000)
    .describe(
      'Most logs of one container or request of OpenTelemetry; further ones are dropped, counted',
    ),
  max_memory: size()
    .default(128_000_000)
    .describe('Most bytes of reports under way, inflated; above it 503 with Retry-After'),
})

export const ingestFields = {
  limits: limits.prefault({}).describe('What one request may bring'),
  quota: quotaSchema
    .prefault({})
    .describe('Most that is taken from all projects together; without a limit there is none'),
  spotlight: z
    .strictObject({
      listen: z
        .union([listenAddress, z.array(listenAddress)])
        .transform((one) => (Array.isArray(one) ? one : [one]))
        .prefault([])
        .describe(
          "Further addresses for Spotlight's `/stream`, such as `127.0.0.1:8969`, where SDKs with `spotlight: true` send",
        ),
      project: z
        .string()
        .min(1)
        .default('spotlight')
        .describe(
          'Slug of the project that gets what comes without a DSN; made when it is first needed',
        ),
      max_followers: z.int().min(0).default(100).describe('Most that follow `GET /stream` at once'),
    })
    .prefault({})
    .describe('What SDKs send without a DSN, to a machine of a developer'),
}
