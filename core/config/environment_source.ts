import { yaml } from '../packages.ts'
import type { Environment } from './interpolate.ts'
import type { Path } from './problem.ts'

/** A config value that came from a variable of the environment. */
export interface Override {
  readonly path: Path
  /** As YAML reads it: `true`, `3`, `[a, b]`, `{type: http}`; a text when it is none of these. */
  readonly value: unknown
  /** The same as plain text, for where the schema wants one (`WEIR_…__PASSWORD=12345`). */
  readonly text: string
  readonly name: string
}

/** Variables of Weir that are no config keys. */
const reserved = new Set(['WEIR_CONFIG'])

/**
 * What Kubernetes sets in every pod of a namespace that has a service named `weir`. They are no
 * settings of anybody's, so they must neither count nor be refused as unknown keys.
 */
const ofKubernetes = /^WEIR_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)$/

/**
 * The config values in the environment: `WEIR_STORE__ENGINE` is `store.engine`,
 * `WEIR_COLLECTOR__OUTPUTS__0__TYPE` is `collector.outputs[0].type`. An empty variable is as good as
 * none, since that is what `${X:-}` in a compose file leaves behind.
 */
export function readEnvironment(environment: Environment): Override[] {
  const overrides: Override[] = []
  for (const name of Object.keys(environment).toSorted()) {
    const text = environment[name]
    if (!name.startsWith('WEIR_') || text === undefined || text === '') continue
    if (reserved.has(name) || ofKubernetes.test(name)) continue
    const path = name
      .slice('WEIR_'.length)
      .toLowerCase()
      .split('__')
      .map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : part))
    overrides.push({ path, value: yamlValue(text), text, name })
  }
  // A list as a whole first, then its items: `…__OUTPUTS=[…]` before `…__OUTPUTS__0__TYPE=…`.
  return overrides.toSorted((a, b) => a.path.length - b.path.length)
}

function yamlValue(text: string): unknown {
  const document = yaml().parseDocument(text, { stringKeys: true })
  if (document.errors.length > 0) return text
  const value: unknown = document.toJS({ maxAliasCount: 0 })
  // Only flow collections: `a: b` in a variable is a text somebody wrote, not a map.
  if (typeof value === 'object' && !/^\s*[[{]/.test(text)) return text
  return value
}
