import { Asked, type Answering } from '../api/asked.ts'
import { WebRefusal, type WebRequest } from '../api/web_request.ts'
import type { Call, Calls } from '../digest/call.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { JsonValue } from '../../store/search.ts'
import { artifactCalls } from './artifact_calls.ts'
import {
  createDeploy,
  createRelease,
  deleteRelease,
  listRepositories,
  previousWithCommits,
  updateRelease,
} from './release_changes.ts'

/** A WebRequest, answered with a WebAnswer. */
function answering(answer: Answering): Call {
  return async (request: WebRequest, world) => {
    try {
      return (await answer(new Asked(request, world))) as unknown as JsonValue
    } catch (failure) {
      if (failure instanceof WebRefusal) return { status: failure.status, body: failure.body }
      throw failure
    }
  }
}

/** What main asks the digest thread of uploads, and of what uploaders tell of releases. */
export const uploadCalls: Calls = {
  ...artifactCalls,
  /** What became of an event's frames, and what would now: Explanation. */
  'uploads.explain': async (
    { project, event }: { readonly project: number; readonly event: SentryEvent },
    { symbolicator },
  ) => (await symbolicator.explain(project, event)) as unknown as JsonValue,
  'uploads.create_release': answering(createRelease),
  'uploads.update_release': answering(updateRelease),
  'uploads.delete_release': answering(deleteRelease),
  'uploads.create_deploy': answering(createDeploy),
  'uploads.previous_with_commits': answering(previousWithCommits),
  'uploads.repositories': answering(listRepositories),
}
