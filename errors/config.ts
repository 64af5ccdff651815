import { z } from 'zod'
import { alertFields, checkAlerts } from './alerts/config.ts'
import { apiConfig } from './api/config.ts'
import { digestConfig } from './digest/config.ts'
import { eventFields } from './event/bounds.ts'
import { groupingFields } from './grouping/config.ts'
import { ingestFields } from './ingest/config.ts'
import { configuredProjects } from './projects/config.ts'
import { scrubbingFields } from './scrub/config.ts'
import { sourceMapsConfig } from './symbolicate/config.ts'

/** Error reports. Each part has its fields in a file of its own; this one puts them together. */
export const errorsConfig = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        'Whether error reports are taken in; off, those that are not digested yet wait in the journal',
      ),
    projects: configuredProjects,
    ...ingestFields,
    ...eventFields,
    ...scrubbingFields,
    ...groupingFields,
    source_maps: sourceMapsConfig.prefault({}).describe('Uploaded source maps'),
    digest: digestConfig,
    api: apiConfig,
    ...alertFields,
  })
  .superRefine(checkAlerts)

export type ErrorsConfig = z.output<typeof errorsConfig>
