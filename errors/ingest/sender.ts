import type { Project } from '../projects/project.ts'
import { credentialsOf, missingCredentials, parseDsn } from './auth.ts'
import type { Incoming } from './incoming.ts'
import { allowsOrigin } from './origin.ts'
import type { ProjectTable } from './project_table.ts'
import { IngestRefusal, malformed } from './refusal.ts'

/** For which project a request reports, and with which key. */
export interface Sender {
  readonly project: Project
  /** Public; empty for what Spotlight's endpoint takes. */
  readonly key: string
  /** `sentry.javascript.browser/7.0.0`; empty where it does not say. */
  readonly client: string
}

const forbidden = (detail: string) => new IngestRefusal(403, 'report_unauthorised', detail)

/**
 * Who reports, if they may.
 *
 * @param dsn of an envelope's header, where there is one.
 * @throws IngestRefusal 401 without a key, 403 for one that does not fit or is disabled, or a page's origin.
 */
export function senderOf(incoming: Incoming, projects: ProjectTable, dsn?: unknown): Sender {
  if (incoming.endpoint === 'spotlight') {
    const project = projects.byId(incoming.project!)
    if (!project) throw forbidden('there is no project for what comes without a DSN')
    return { project, key: '', client: '' }
  }
  const named = dsn === undefined || dsn === null ? undefined : parseDsn(dsn)
  if (named && incoming.project !== undefined && named.project !== incoming.project) {
    throw malformed('the dsn of the envelope is that of another project than the path')
  }
  const credentials = credentialsOf(incoming, named?.key)
  if (!credentials) throw missingCredentials()
  const known = projects.byKey(credentials.key)
  const id = incoming.project ?? named?.project
  if (!known || (id !== undefined && known.project.id !== id)) {
    throw forbidden(
      'event submission rejected: no project has this id and key: compare the DSN with `weir project ls`',
    )
  }
  if (known.key.disabled) throw forbidden('event submission rejected: the key is disabled')
  const { origin, referer } = incoming.headers
  if (!allowsOrigin(known.key.origins, origin || referer)) {
    throw forbidden('event submission rejected: the key may not be used from this origin')
  }
  return { project: known.project, key: known.key.public, client: credentials.client }
}
