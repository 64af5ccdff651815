import type { JsonRecord } from '../../store/search.ts'
import { readEventId } from '../event/event_id.ts'
import { malformed } from './refusal.ts'

const statuses = ['ok', 'in_progress', 'error'] as const

/**
 * A check-in as `curl` sends it: `/api/<id>/cron/<slug>/<key>?status=ok&check_in_id=…&duration=1.5&environment=…`.
 *
 * @throws IngestRefusal 400 for a status that is none.
 */
export function checkInOf(slug: string, query: URLSearchParams, newId: () => string): JsonRecord {
  const status = query.get('status') ?? 'ok'
  if (!statuses.some((known) => known === status)) {
    throw malformed(`the status of a check-in is one of ${statuses.join(', ')}`)
  }
  const duration = Number(query.get('duration') ?? Number.NaN)
  const environment = query.get('environment')
  return {
    check_in_id: readEventId(query.get('check_in_id') ?? undefined) ?? newId(),
    monitor_slug: slug.slice(0, 200),
    status,
    ...(duration >= 0 && Number.isFinite(duration) && { duration }),
    ...(environment && { environment: environment.slice(0, 64) }),
  }
}
