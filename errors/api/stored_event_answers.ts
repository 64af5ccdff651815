import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { groupingInfo } from '../grouping/info.ts'
import type { Explanation } from '../symbolicate/symbolicator.ts'
import { explained, type StoredEvent } from './explain.ts'
import { ownProject, type AnsweringOnMain, type MainWorld } from './main_world.ts'
import { answer, notFound, type WebAnswer, type WebRequest } from './web_request.ts'

/** What needs a stored event, and what only main knows: rules of grouping, files. */
export const storedEventAnswers: Readonly<Record<string, AnsweringOnMain>> = {
  'main.groupingInfo': async (request, world) => {
    const stored = await storedEvent(request, world)
    if ('status' in stored) return stored
    const rules = world.groupingOf(await ownProject(request, world))
    return answer(groupingInfo(stored.event, rules, stored.hashes))
  },
  'main.explain': async (request, world) => {
    const stored = await storedEvent(request, world)
    if ('status' in stored) return stored
    const project = await ownProject(request, world)
    const params = { project: project.id, event: stored.event } as unknown as JsonValue
    const maps = (await world.digest.call('uploads.explain', params)) as unknown as Explanation
    return answer(explained(stored, world.groupingOf(project), maps))
  },
  'main.attachment': async (request, { digest, blobs }) => {
    const found = (await digest.call(
      'web.eventAttachment',
      request as unknown as JsonValue,
    )) as unknown as WebAnswer
    if (found.status !== 200) return found
    const { blob, ...shown } = found.body as JsonRecord
    const wantsBytes = new URLSearchParams(request.url.split('?', 2)[1] ?? '').has('download')
    if (!wantsBytes) return answer(shown)
    if (!(await blobs.has(String(blob)))) throw notFound('the bytes of this attachment are gone')
    return {
      path: blobs.path(String(blob)),
      name: String(shown['name']),
      type: String(shown['mimetype']),
    }
  },
}

async function storedEvent(
  request: WebRequest,
  { digest }: MainWorld,
): Promise<StoredEvent | WebAnswer> {
  const found = (await digest.call(
    'web.eventWhole',
    request as unknown as JsonValue,
  )) as unknown as WebAnswer
  return found.status === 200 ? (found.body as unknown as StoredEvent) : found
}
