import { z } from 'zod'
import { ingestFields } from './ingest/config.ts'
import { configuredProjects } from './projects/config.ts'

/** Error reports. Each part has its fields in a file of its own; this one puts them together. */
export const errorsConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether error reports are taken in'),
  projects: configuredProjects,
  ...ingestFields,
})

export type ErrorsConfig = z.output<typeof errorsConfig>
