import { textOfScalar } from '../../../../core/exact_json.ts'
import { SearchError } from '../../../search.ts'
import type { Aggregation, Answer, Bucket } from './aggregation.ts'

/** A step of `a['k']>b.value`: a name, perhaps with the key of a bucket or a property. */
interface Step {
  readonly text: string
  readonly name: string
  readonly key: string | undefined
}

function stepsOf(path: string): readonly Step[] {
  const texts = path.match(/(?:\[[^\]]*\]|[^>[])+/g) ?? []
  return texts.map((text) => {
    const bracket = /^(.*?)\[\s*['"]?(.*?)['"]?\s*\](?:\.(.*))?$/.exec(text.trim())
    return { text: text.trim(), name: bracket?.[1] ?? text.trim(), key: bracket?.[2] }
  })
}

/** What `step` names among a bucket's answers, and the property asked of it. */
function answerAt(
  bucket: Bucket,
  step: Step,
): { readonly answer: Answer; readonly property: string | undefined } | undefined {
  const { answers } = bucket
  const whole = answers.get(step.text)
  if (whole) return { answer: whole, property: undefined }
  const named = answers.get(step.name)
  if (named) return { answer: named, property: step.key }
  const { text } = step
  for (let dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', dot + 1)) {
    const answer = answers.get(text.slice(0, dot))
    if (answer) return { answer, property: text.slice(dot + 1) }
  }
  return undefined
}

/**
 * The number at a path within a bucket; null or NaN when there is none.
 *
 * @throws SearchError for a path that leads to no number
 */
export function valueAt(bucket: Bucket, path: string): number | null {
  if (path === '_count') return bucket.count
  if (path === '_key') return Number(textOfScalar(bucket.head.key))
  return walk(bucket, stepsOf(path), path)
}

/** Whether what the path begins with has an answer in the bucket: pipelines leave some without. */
export function hasValue(bucket: Bucket, path: string): boolean {
  const [step] = stepsOf(path)
  return path === '_count' || path === '_key' || (!!step && answerAt(bucket, step) !== undefined)
}

function walk(bucket: Bucket, [step, ...rest]: readonly Step[], path: string): number | null {
  if (!step) throw notANumber(path)
  if (step.text === '_count') return bucket.count
  if (step.text === '_key') return Number(textOfScalar(bucket.head.key))
  const found = answerAt(bucket, step)
  // That the path is right was checked before: a pipeline has no answer in this bucket.
  if (!found) return null
  const { answer, property } = found
  if (answer.family === 'metric') {
    const value = answer.value(property)
    if (value === undefined || rest.length > 0) throw notANumber(path)
    return value
  }
  if (answer.family === 'single') {
    if (property === '_count') return answer.bucket.count
    return walk(answer.bucket, rest, path)
  }
  if (property === '_bucket_count' || rest[0]?.text === '_bucket_count')
    return answer.buckets.length
  const chosen = answer.buckets.find(
    ({ name, head }) => name === property || textOfScalar(head.key) === property,
  )
  if (property === undefined) throw notANumber(path)
  return chosen ? walk(chosen, rest, path) : null
}

/** The buckets that a sibling's path goes through, each with its value. */
export function valuesAlong(
  bucket: Bucket,
  path: string,
): readonly {
  readonly bucket: Bucket
  readonly value: number | null
  readonly isCount: boolean
}[] {
  const along = (
    at: Bucket,
    steps: readonly Step[],
  ): { bucket: Bucket; value: number | null; isCount: boolean }[] => {
    const [step, ...rest] = steps
    if (!step) throw notANumber(path)
    const found = answerAt(at, step)
    if (!found) return []
    const { answer, property } = found
    if (answer.family === 'single') return along(answer.bucket, rest)
    if (answer.family === 'metric' || property !== undefined) {
      return [{ bucket: at, value: walk(at, steps, path), isCount: false }]
    }
    return answer.buckets.flatMap((each) => {
      const next = rest[0] && answerAt(each, rest[0])
      const goesOn = next && next.answer.family === 'buckets' && next.property === undefined
      if (goesOn) return along(each, rest)
      const isCount = rest.at(-1)?.text === '_count'
      return [{ bucket: each, value: walk(each, rest, path), isCount }]
    })
  }
  return along(bucket, stepsOf(path))
}

function notANumber(path: string): SearchError {
  const reason = `buckets_path must reference either a number value or a single value numeric metric aggregation, got: [${path}]`
  return new SearchError(400, 'aggregation_execution_exception', reason)
}

const histograms = new Set(['histogram', 'date_histogram', 'auto_date_histogram'])
const needHistogram = new Set(['derivative', 'cumulative_sum', 'moving_fn', 'serial_diff'])

/** That every pipeline stands where it can be computed, and reads what is there. @throws SearchError */
export function checkPaths(aggregations: readonly Aggregation[], parent: Aggregation | undefined) {
  const problems: string[] = []
  for (const { name, type, kind, children } of aggregations) {
    if (kind.family === 'pipeline') {
      for (const path of kind.paths) {
        if (path === '_count' || path === '_key') continue
        if (!exists(aggregations, stepsOf(path))) {
          problems.push(`No aggregation found for path [${path}]`)
        } else if (kind.place === 'sibling' && !leadsToBuckets(aggregations, path)) {
          problems.push(
            `The first aggregation in buckets_path must be a multi-bucket aggregation for aggregation [${name}] found for buckets path: ${path}`,
          )
        }
      }
      const isIn = kind.place === 'sibling' || parent?.kind.family === 'buckets'
      if (needHistogram.has(type) && !histograms.has(parent?.type ?? '')) {
        problems.push(
          `${type} aggregation [${name}] must have a histogram, date_histogram or auto_date_histogram as parent`,
        )
      } else if (!isIn) {
        problems.push(
          `${type} aggregation [${name}] must be declared inside of another aggregation`,
        )
      }
    }
    checkPaths(
      children,
      aggregations.find((each) => each.name === name),
    )
  }
  if (problems.length === 0) return
  const listed = problems.map((problem, at) => `${at + 1}: ${problem};`).join('')
  throw new SearchError(400, 'action_request_validation_exception', `Validation Failed: ${listed}`)
}

function exists(aggregations: readonly Aggregation[], [step, ...rest]: readonly Step[]): boolean {
  if (!step) return false
  if (['_count', '_key', '_bucket_count'].includes(step.text)) return rest.length === 0
  const found = aggregations.find(({ name }) => isNamed(step, name))
  return found !== undefined && (rest.length === 0 || exists(found.children, rest))
}

const isNamed = (step: Step, name: string) =>
  step.text === name || step.name === name || step.text.startsWith(`${name}.`)

function leadsToBuckets(aggregations: readonly Aggregation[], path: string): boolean {
  let inner = aggregations
  for (const step of stepsOf(path)) {
    const found = inner.find(({ name }) => isNamed(step, name))
    if (!found || found.kind.family === 'metric') return false
    if (found.kind.family === 'buckets') return true
    inner = found.children
  }
  return false
}

/** Pipelines after those that they read. @throws SearchError when they read each other */
export function inOrder(aggregations: readonly Aggregation[]): readonly Aggregation[] {
  const pipelines = aggregations.filter(({ kind }) => kind.family === 'pipeline')
  const ordered: Aggregation[] = []
  const open = new Set<string>()
  const visit = (pipeline: Aggregation) => {
    if (ordered.includes(pipeline)) return
    if (open.has(pipeline.name)) {
      const reason = `Cyclical dependency found with pipeline aggregator [${pipeline.name}]`
      throw new SearchError(400, 'illegal_argument_exception', reason)
    }
    open.add(pipeline.name)
    const { kind } = pipeline
    for (const path of kind.family === 'pipeline' ? kind.paths : []) {
      const [step] = stepsOf(path)
      const read = pipelines.find(({ name }) => step && isNamed(step, name))
      if (read) visit(read)
    }
    ordered.push(pipeline)
  }
  for (const pipeline of pipelines) visit(pipeline)
  return ordered
}
