import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { isEmpty } from './reading.ts'

const prefix = 'sentry.interfaces.'

/** What raven's interfaces are called today. */
const aliases: Readonly<Record<string, string>> = {
  Message: 'logentry',
  Exception: 'exception',
  Stacktrace: 'stacktrace',
  Threads: 'threads',
  Http: 'request',
  User: 'user',
  Breadcrumbs: 'breadcrumbs',
  Contexts: 'contexts',
  Template: 'template',
  DebugMeta: 'debug_meta',
  Sdk: 'sdk',
  Csp: 'csp',
  Hpkp: 'hpkp',
  ExpectCT: 'expectct',
  ExpectStaple: 'expectstaple',
}

/** The event with each interface under its present name; where both are sent the present one wins. */
export function resolveAliases(raw: JsonRecord): JsonRecord {
  let resolved: Record<string, JsonValue> | undefined
  for (const key in raw) {
    if (!key.startsWith(prefix)) continue
    const name = aliases[key.slice(prefix.length)]
    if (name === undefined || !Object.hasOwn(aliases, key.slice(prefix.length))) continue
    if (!isEmpty((resolved ?? raw)[name])) continue
    resolved ??= { ...raw }
    resolved[name] = raw[key]!
  }
  return resolved ?? raw
}
