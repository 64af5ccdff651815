/** A path in the config: keys and list indexes. */
export type Path = readonly (string | number)[]

/** Where a config value stands, as errors print it: `weir.yaml:3:7`, `environment: WEIR_X`, `--listen`. */
export type Place = string

/** One mistake in the config. */
export interface Problem {
  readonly place: Place
  /** Empty for mistakes that have none, such as YAML that cannot be read. */
  readonly path: Path
  readonly message: string
}

/** `collector.outputs[0].hosts`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** `weir.yaml:3:7: collector.outputs[0].hosts: expected a list`. */
export function formatProblem(problem: Problem): string {
  const parts = [problem.place, formatPath(problem.path), problem.message]
  return parts.filter((part) => part !== '').join(': ')
}

/** A key for maps from paths. */
export function pathKey(path: Path): string {
  return JSON.stringify(path.map(String))
}
