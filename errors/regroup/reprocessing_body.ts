import type { JsonRecord } from '../../store/search.ts'
import { invalid } from '../api/web_request.ts'
import type { Project } from '../projects/project.ts'
import { shortIdParts } from '../search/short_id.ts'
import type { RegroupParams } from './calls.ts'

const known = new Set(['issue', 'after'])

/**
 * What `POST …/reprocessing/` asks for: `issue` is an id or a short one, `after` the `next` of an answer before.
 *
 * @param body without `issue` it means all of the project, so that whatever is not understood is refused.
 * @throws WebRefusal 400 naming the key.
 */
export function reprocessingOf(
  body: JsonRecord,
  { id: project, slug }: Pick<Project, 'id' | 'slug'>,
): RegroupParams {
  for (const key of Object.keys(body))
    if (!known.has(key)) throw invalid(`${key.slice(0, 50)}: expected issue or after`)
  const { issue, after } = body
  const afterId = after === undefined ? undefined : wholeNumber(after)
  if (after !== undefined && afterId === undefined)
    throw invalid('after: expected the number that was `next` in the answer before')
  const begun = { project, ...(afterId !== undefined && { after: afterId }) }
  if (issue === undefined) return begun
  const id = wholeNumber(issue)
  if (id !== undefined) return { ...begun, issue: id }
  const parts = typeof issue === 'string' ? shortIdParts(issue) : undefined
  if (parts?.slug !== slug)
    throw invalid(
      `issue: expected an id, or a short id of the project such as ${slug.toUpperCase()}-1A`,
    )
  return { ...begun, issueNumber: parts.number }
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  return /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined
}
