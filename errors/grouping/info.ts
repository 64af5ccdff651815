import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { Component } from './component.ts'
import { viewOf } from './event_view.ts'
import type { Variant } from './grouping.ts'
import type { GroupingRules } from './rules.ts'
import { variantsOf } from './variants.ts'
import { strategiesOf } from './versions.ts'

/**
 * Which parts of an event made its group, as Sentry's `/grouping-info/` answers: variants by name, each with its type,
 * what it is in words, its hash, and the tree of its components with why each does not contribute.
 * @param storedHashes those that the event was filed under; a hash that is none of them is marked
 */
export function groupingInfo(
  event: SentryEvent,
  rules: GroupingRules,
  storedHashes?: readonly string[],
): JsonRecord {
  const { variants } = variantsOf(viewOf(event, rules.compiled), strategiesOf(rules.version), true)
  const infos: JsonRecord = {}
  for (const variant of variants) {
    const stored =
      storedHashes === undefined || !variant.contributes || storedHashes.includes(variant.hash)
    infos[variant.name] = {
      ...variantInfo(variant, rules),
      hash: variant.contributes ? variant.hash : null,
      hashMismatch: !stored,
    }
  }
  return infos
}

function variantInfo(variant: Variant, rules: GroupingRules): JsonRecord {
  const { name, type, contributes, hint, component, values, clientValues, matchedRule } = variant
  return {
    key: name,
    type,
    contributes,
    hint: hint ?? null,
    description: describe(variant),
    ...(component && { component: componentInfo(component), config: { id: rules.version } }),
    ...(values && { values: [...values] }),
    ...(clientValues && { client_values: [...clientValues] }),
    ...(matchedRule !== undefined && { matched_rule: matchedRule }),
  }
}

function componentInfo({ id, contributes, hint, values }: Component): JsonRecord {
  return {
    id,
    name: componentNames[id] ?? null,
    contributes,
    hint: hint ?? null,
    values: values.map((value): JsonValue => {
      return typeof value === 'string' ? value.toWellFormed() : componentInfo(value)
    }),
  }
}

/** What people call a component; those that have no name are shown by what is in them. */
const componentNames: Readonly<Record<string, string>> = {
  app: 'in-app',
  exception: 'exception',
  'chained-exception': 'chained exceptions',
  stacktrace: 'stack-trace',
  threads: 'thread',
  hostname: 'hostname',
  violation: 'violation',
  uri: 'URL',
  message: 'message',
  template: 'template',
  csp: 'content security policy',
  hpkp: 'public key pins',
  'expect-ct': 'certificate transparency',
  'expect-staple': 'certificate stapling',
  frame: 'frame',
  function: 'function',
  module: 'module',
  filename: 'filename',
  'context-line': 'context line',
  package: 'package',
  type: 'error type',
  value: 'error value',
  'ns-error': 'NSError',
}

/** `in-app exception stack-trace`. */
function describe(variant: Variant): string {
  switch (variant.type) {
    case 'component':
    case 'salted-component': {
      const path = variant.component ? namesOnTheWay(variant.component).join(' ') : ''
      const what = path === '' ? (variant.name === 'app' ? 'in-app' : variant.name) : path
      return variant.type === 'component' ? what : `modified ${what}`
    }
    case 'custom-fingerprint':
      return 'custom fingerprint'
    case 'built-in-fingerprint':
      return 'fingerprint by a built-in rule'
    case 'checksum':
      return 'legacy checksum'
    case 'hashed-checksum':
      return 'hashed legacy checksum'
    case 'fallback':
      return 'fallback: the event has nothing to be grouped by'
  }
}

const major = new Set([
  'app',
  'exception',
  'chained-exception',
  'stacktrace',
  'threads',
  'message',
  'template',
  'csp',
  'hpkp',
  'expect-ct',
  'expect-staple',
])

/** Names from the root to what decides: of each component the last child that contributes. */
function namesOnTheWay(root: Component): string[] {
  const names: string[] = []
  let at: Component | undefined = root
  while (at) {
    if (major.has(at.id)) names.push(componentNames[at.id]!)
    const parts: Component[] = at.values.filter((value) => typeof value !== 'string')
    at = parts.findLast((part) => part.contributes && major.has(part.id))
  }
  return names
}
