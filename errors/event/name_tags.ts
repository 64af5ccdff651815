import type { JsonRecord } from '../../store/search.ts'
import type { Findings } from './findings.ts'
import { isEnvironment } from './names.ts'
import { scalarText } from './reading.ts'
import type { SentryEvent } from './sentry_event.ts'

/** Names that are tags too: `server_name` and `site` become tags, a tag `environment` becomes the field. */
export function addNameTags(
  findings: Findings,
  raw: JsonRecord,
  event: SentryEvent,
  tags: [key: string, value: string][],
): void {
  const index = tags.findIndex(([key]) => key === 'environment')
  if (index >= 0) {
    const [[, value]] = tags.splice(index, 1) as [[string, string]]
    const name = value.slice(0, 64).toWellFormed()
    if (event.environment === undefined && isEnvironment(name)) event.environment = name
  }
  addTag(tags, 'server_name', event.server_name)
  addTag(tags, 'site', scalarText(findings, raw, 'site', 200))
  if (tags.length > 0) event.tags = tags
}

function addTag(
  tags: [key: string, value: string][],
  key: string,
  value: string | undefined,
): void {
  const line = value
    ?.slice(0, 200)
    .replaceAll(/[\r\n]+/g, ' ')
    .trim()
    .toWellFormed()
  if (line !== undefined && line !== '' && !tags.some(([known]) => known === key)) {
    tags.push([key, line])
  }
}
