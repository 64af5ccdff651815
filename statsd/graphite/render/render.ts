import { Evaluation, type Question } from './evaluate.ts'
import { defaultRenderLimits, type RenderLimits } from './limits.ts'
import { RenderError } from './render_error.ts'
import type { Series } from './series.ts'
import type { RenderSources } from './sources.ts'

/**
 * The series that graphite-web's `/render` answers for the targets, in their order.
 *
 * @throws RenderError when the request cannot be answered as it is: Graphite's 400.
 */
export async function render(
  question: Question,
  sources: RenderSources,
  limits: RenderLimits = defaultRenderLimits,
): Promise<readonly Series[]> {
  const targets = question.targets.filter((target) => target.trim() !== '')
  if (targets.length > limits.maxTargets) {
    throw new RenderError(`there are more than ${limits.maxTargets} targets`)
  }
  return new Evaluation({ ...question, targets }, sources, limits).series()
}
