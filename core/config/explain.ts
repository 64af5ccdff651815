import type { z } from 'zod'
import { nearest } from './nearest.ts'

/** An issue as zod's error callback gets it; `inst` is the schema that raised it. */
type Raw = z.core.$ZodRawIssue
type Issue = z.core.$ZodIssue

/** Where `explain` notes on an issue which keys its schema knows. Zod copies string keys only. */
export const knownKeys = 'weir:known keys'

const words: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
}
const sensitive = /password|secret|token|key/i

/**
 * What is wrong with a value, in the reader's words, for zod's `error` option. Messages that a schema
 * declares itself go before these. A value whose key sounds like a secret is never shown, but where a number is
 * wanted: `tag_keys_max` is none.
 */
export function explain(issue: Raw): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return `is missing: expected ${wordFor(issue)}`
      return `expected ${wordFor(issue)}, got ${shown(issue)}${quotesHint(issue)}`
    case 'invalid_value':
      return explainChoice(issue, issue.values.map(String))
    case 'too_small':
      return explainBound(issue, 'at least', issue.minimum, issue.inclusive ?? true)
    case 'too_big':
      return explainBound(issue, 'at most', issue.maximum, issue.inclusive ?? true)
    case 'invalid_format': {
      const wanted = issue.format === 'regex' ? String(issue.pattern) : `a ${issue.format}`
      return `${shown(issue)} does not fit ${wanted}`
    }
    case 'unrecognized_keys':
      Reflect.set(issue, knownKeys, shapeOf(issue.inst))
      return undefined
    case 'invalid_union':
      return explainUnion(issue)
    default:
      return undefined
  }
}

/** `unknown key "hots": did you mean "hosts"?`, or the list of known keys when none is near. */
export function explainUnknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  if (near !== undefined) return `unknown key "${key}": did you mean "${near}"?`
  return known.length === 0
    ? `unknown key "${key}": no keys are known here`
    : `unknown key "${key}": known here: ${known.join(', ')}`
}

function shapeOf(schema: unknown): string[] {
  const definition = (schema as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def
  return Object.keys(definition?.shape ?? {})
}

/** `password: 12345` is a number to YAML. */
function quotesHint(issue: { expected?: unknown; input?: unknown }): string {
  const scalar = typeof issue.input === 'number' || typeof issue.input === 'boolean'
  return issue.expected === 'string' && scalar ? ': put it in quotes' : ''
}

function wordFor(issue: { expected?: unknown; format?: unknown }): string {
  const name = String(issue.format === 'safeint' ? 'int' : issue.expected)
  return words[name] ?? name
}

function explainChoice(issue: Raw, choices: readonly string[]): string {
  const list = choices.length === 1 ? choices[0]! : `one of ${choices.join(', ')}`
  if (issue.input === undefined) return `is missing: expected ${list}`
  const near = typeof issue.input === 'string' ? nearest(issue.input, choices) : undefined
  const hint = near === undefined || choices.length === 1 ? '' : `: did you mean "${near}"?`
  return `expected ${list}, got ${shown(issue)}${hint}`
}

function explainBound(issue: Raw, word: string, bound: unknown, inclusive: boolean): string {
  const origin = 'origin' in issue ? issue.origin : ''
  const unit = origin === 'string' ? ' characters' : origin === 'array' ? ' items' : ''
  const limit = inclusive
    ? `${word} ${bound}`
    : `${word === 'at least' ? 'more' : 'less'} than ${bound}`
  return unit === ''
    ? `expected ${limit}, got ${shown(issue)}`
    : `expected ${limit}${bound === 1 ? unit.slice(0, -1) : unit}`
}

function explainUnion(issue: Raw & { code: 'invalid_union' }): string {
  const discriminator = issue['discriminator'] as string | undefined
  if (discriminator !== undefined) {
    const input = issue.input as Record<string, unknown> | undefined
    const chosen = input?.[discriminator]
    const options = ((issue['options'] as unknown[] | undefined) ?? []).map(String)
    if (chosen === undefined || chosen === null) return `is missing: one of ${options.join(', ')}`
    const near = nearest(String(chosen), options)
    const hint = near === undefined ? '' : `did you mean "${near}"? `
    return `there is no ${discriminator} "${String(chosen)}": ${hint}the ${discriminator}s are ${options.join(', ')}`
  }
  const wanted = new Set<string>()
  for (const branch of issue.errors) for (const inner of branch) wanted.add(wantedBy(inner))
  wanted.delete('')
  if (issue.input === undefined) return `is missing: expected ${[...wanted].join(' or ')}`
  return `expected ${[...wanted].join(' or ')}, got ${shown(issue)}`
}

function wantedBy(issue: Issue): string {
  if (issue.code === 'invalid_type') return wordFor(issue)
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ')
  return ''
}

function shown(issue: Raw): string {
  const { input, path } = issue
  if (input === null) return 'nothing'
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object') return 'a map'
  const wanted = 'origin' in issue ? issue.origin : 'expected' in issue ? issue.expected : undefined
  const isNumber = typeof input === 'number' && (wanted === 'number' || wanted === 'int')
  if (!isNumber && sensitive.test(String(path?.at(-1) ?? ''))) return `a ${typeof input}`
  const text = JSON.stringify(input) ?? String(input)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
