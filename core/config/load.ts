import type { z } from 'zod'
import { ConfigError } from '../errors.ts'
import { readEnvironment } from './environment_source.ts'
import { explain } from './explain.ts'
import { deepFreeze } from './freeze.ts'
import type { Environment } from './interpolate.ts'
import { plainValueAt, withValueAt } from './merge.ts'
import { formatProblem, pathKey, type Path, type Problem } from './problem.ts'
import { findingsOf, type Finding } from './problems.ts'
import { readYaml, type Source } from './yaml_source.ts'

/** What a config is made from, in rising precedence; the defaults are the schema's. */
export interface ConfigSources {
  /** The file's name, as errors shall show it, and its text. */
  readonly file?: { readonly name: string; readonly text: string } | undefined
  /** `WEIR_…` variables, and those that `${NAME}` in the file refers to. */
  readonly environment: Environment
  /** What the command line says: paths and values, each with its flag. */
  readonly flags?: readonly { path: Path; value: unknown; flag: string }[]
}

/** A value that stands outside the file: `text` is the same as text, where it may be meant so. */
interface Placed {
  readonly path: Path
  readonly value: unknown
  readonly text?: string
  readonly place: string
}

export type ConfigResult<T> =
  | {
      readonly config: T
      readonly input: unknown
      /** Where a key stands, such as `weir.yaml:3:5` or the name of a variable; empty: nowhere. */
      readonly placeOf: (path: Path) => string
      readonly problems?: undefined
    }
  | { readonly problems: readonly Problem[] }

/**
 * Reads a config: the file, over it the environment, over it the flags, checked by `schema`.
 *
 * @returns the config, deeply frozen, and its `input`: the same as plain data before the schema, for
 *   another thread to check by the same schema; or every mistake at once, in the order of the text.
 */
export function readConfig<T>(schema: z.ZodType<T>, sources: ConfigSources): ConfigResult<T> {
  const { file, environment, flags = [] } = sources
  const source = file ? readYaml(file.text, file.name, environment) : undefined
  if (source && source.value === undefined) return { problems: source.problems }

  const overrides: Placed[] = [
    ...readEnvironment(environment).map((each) => ({
      ...each,
      place: `environment: ${each.name}`,
    })),
    ...flags.map(({ path, value, flag }) => ({ path, value, place: flag })),
  ]
  const otherwise = new Map(source?.otherwise)
  let input: unknown = source?.value ?? {}
  for (const { path, value, text } of overrides) {
    if (isWithinScalar(input, path)) continue
    input = withValueAt(input, path, value)
    if (text !== undefined && value !== text) otherwise.set(pathKey(path), text)
    else otherwise.delete(pathKey(path))
  }
  const { parsed, findings, value } = parseEitherWay(schema, input, otherwise)
  const problems = [
    ...(source?.problems ?? []),
    ...findings
      .filter(
        ({ path }) => !source?.problems.some((known) => pathKey(known.path) === pathKey(path)),
      )
      .map((finding) => ({ ...finding, place: placeOf(finding, overrides, source) })),
  ]
  if (problems.length > 0 || !parsed) return { problems: problems.toSorted(byPlace) }
  const keyAt = (path: Path) => placeOf({ path, part: 'key' }, overrides, source)
  return { config: deepFreeze(parsed.data), input: value, placeOf: keyAt }
}

/**
 * As `readConfig`, for those who cannot go on without.
 *
 * @throws ConfigError WEIR_CONFIG_INVALID with one line a mistake.
 */
export function loadConfig<T>(
  schema: z.ZodType<T>,
  sources: ConfigSources,
): Exclude<ConfigResult<T>, { problems: readonly Problem[] }> {
  const result = readConfig(schema, sources)
  if (result.problems === undefined) return result
  throw new ConfigError('WEIR_CONFIG_INVALID', result.problems.map(formatProblem).join('\n'))
}

/**
 * Values from variables have two readings: `12345` is a number or a password. The schema knows which:
 * where it refuses the one, the other is tried.
 */
function parseEitherWay<T>(
  schema: z.ZodType<T>,
  input: unknown,
  otherwise: Map<string, unknown>,
): { parsed?: { data: T }; findings: Finding[]; value: unknown } {
  let value = input
  for (;;) {
    const result = schema.safeParse(value, { error: explain, reportInput: true })
    if (result.success) return { parsed: result, findings: [], value }
    const findings = findingsOf(result.error.issues)
    const swaps = findings.filter(({ path }) => otherwise.has(pathKey(path)))
    if (swaps.length === 0) return { findings, value }
    for (const { path } of swaps) {
      const other = otherwise.get(pathKey(path))
      if (plainValueAt(value, path) !== undefined) value = withValueAt(value, path, other)
      otherwise.delete(pathKey(path))
    }
  }
}

function placeOf(
  { path, part }: Pick<Finding, 'path' | 'part'>,
  overrides: readonly Placed[],
  source: Source | undefined,
): string {
  const fits = (outer: Path, inner: Path) =>
    outer.length <= inner.length && outer.every((step, i) => String(step) === String(inner[i]))
  const origin = overrides.findLast((each) => fits(each.path, path))
  if (origin) return origin.place
  // `WEIR_COLECTOR__X` makes `colector`, where the file has none.
  const isInFile = plainValueAt(source?.value, path) !== undefined
  const maker = isInFile ? undefined : overrides.findLast((each) => fits(path, each.path))
  return maker?.place ?? source?.locate(path, part) ?? ''
}

/** What stands where a map has to be is for the schema to refuse, not to be replaced by one. */
function isWithinScalar(root: unknown, path: Path): boolean {
  return path.some((_, depth) => {
    const value = depth === 0 ? root : plainValueAt(root, path.slice(0, depth))
    return value !== undefined && value !== null && typeof value !== 'object'
  })
}

/** In the order of the text: files by line and column, then the environment and flags. */
function byPlace(a: Problem, b: Problem): number {
  const position = /:(\d+):(\d+)$/
  const [one, two] = [position.exec(a.place), position.exec(b.place)]
  if (!one || !two) return Number(Boolean(two)) - Number(Boolean(one))
  return Number(one[1]) - Number(two[1]) || Number(one[2]) - Number(two[2])
}
