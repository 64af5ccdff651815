import { setOwn } from '../../core/json.ts'
import type { JsonRecord } from '../../store/search.ts'
import { bag } from './bag.ts'
import type { EventBounds } from './bounds.ts'
import type { Findings } from './findings.ts'
import { isEmpty, isRecord } from './reading.ts'
import type { Raw } from './reading.ts'
import type { SentryRequest } from './sentry_event.ts'
import { readUserAgent } from './user_agent.ts'

type Contexts = Record<string, JsonRecord>

const maxContexts = 100

/** Contexts by name; each says of which type it is, its name where the SDK does not. */
export function readContexts(
  findings: Findings,
  raw: Raw,
  bounds: EventBounds,
): Contexts | undefined {
  if (isEmpty(raw)) return undefined
  if (!isRecord(raw)) {
    findings.invalid('contexts', raw, 'an object')
    return undefined
  }
  const contexts: Contexts = {}
  let count = 0
  findings.enter('contexts')
  for (const key of Object.keys(raw)) {
    const value = raw[key]
    if (isEmpty(value)) continue
    if (!isRecord(value)) {
      findings.invalid(key, value, 'an object')
      continue
    }
    if (count === maxContexts || key.length > 128) {
      findings.marks.remark(key, ['!limit', 'x'])
      continue
    }
    const kept = typedBag(findings, key, value, bounds.max_context_size)
    if (isEmpty(kept)) continue
    count++
    setOwn(contexts, key.toWellFormed(), kept as JsonRecord)
  }
  findings.leave()
  return isEmpty(contexts) ? undefined : contexts
}

/** With its type first: of one that is too large the end is cut, and the type has to stay. */
function typedBag(findings: Findings, key: string, value: JsonRecord, maxSize: number): Raw {
  const { type: given } = value
  const isTyped = typeof given === 'string' && given !== ''
  const [first] = Object.keys(value)
  if (isTyped && first === 'type') return bag(findings, key, value, 7, maxSize)
  const { type: _, ...rest } = value
  const type = isTyped ? given : key
  if (!isIndex(first)) return bag(findings, key, { type, ...rest }, 7, maxSize)
  // Names that are numbers come first in an object, whatever is put before them.
  findings.enter(key)
  const kept = bag(findings, 'type', type, 1, maxSize) as string | undefined
  findings.leave()
  if (kept === undefined) return undefined
  const others = bag(findings, key, rest, 7, Math.max(2, maxSize - kept.length - 10))
  return { ...(others as JsonRecord), type: kept }
}

const isIndex = (name: string | undefined) => name !== undefined && /^\d{1,10}$/.test(name)

/** What the request's User-Agent says of browser, system and device, where the SDK says nothing of it. */
export function addUserAgent(
  contexts: Contexts | undefined,
  request: SentryRequest | undefined,
  platform: string,
  sender: string | undefined,
): Contexts | undefined {
  // A browser that reports for itself is the sender.
  const text =
    request?.headers?.find(([name]) => name.toLowerCase() === 'user-agent')?.[1] ??
    (platform === 'javascript' ? sender : undefined)
  if (text === undefined || text === '') return contexts
  const found = readUserAgent(text)
  // A server's own system is its `os`.
  const systemKey = platform === 'javascript' ? 'os' : 'client_os'
  const added: Contexts = {}
  if (found.browser && !contexts?.['browser'])
    added['browser'] = { ...found.browser, type: 'browser' }
  if (found.os && !contexts?.[systemKey]) added[systemKey] = { ...found.os, type: 'os' }
  if (found.device && !contexts?.['device']) added['device'] = { ...found.device, type: 'device' }
  return isEmpty(added) ? contexts : { ...contexts, ...added }
}
