import { isIPv6 } from 'node:net'

/** A part of a text that is taken out. */
export interface Span {
  readonly start: number
  readonly end: number
  /** As Sentry calls the rule. */
  readonly rule: string
  readonly by: string
}

export const filtered = '[Filtered]'

/** Which patterns a text is searched for. */
export interface Patterns {
  /** Card and social security numbers, keys, passwords in URLs, bearer tokens. */
  readonly secrets: boolean
  /** The name of the user in a path below `/home`, `Users` and the like. */
  readonly userPaths: boolean
  readonly ipAddresses: boolean
  /** Finds `password=…` and the like; the secret is a group. */
  readonly assignments: RegExp | undefined
}

// All of these take time linear in the text: what repeats is bounded, or cannot begin again within itself.
const digits = /\d{3}-\d\d-\d{4}|\d(?:[-\s]?\d){13}/
const heads = /-----BEGIN|[Bb][Ee][Aa][Rr][Ee][Rr]\s/
const homes = /(?:users|home|settings|profiles)[\\/]/i
/** `a@` is no secret, `::1` is an address. */
const shortest = 3
/** A social security number. */
const shortestNumber = 11
const card = /\b(?:3[47]\d|4\d{3}|5[1-5]\d\d|65\d\d|6011)(?:[-\s]?\d){12}\b/g
const socialSecurity = /\b\d{3}-\d{2}-\d{4}\b/g
const keyHeader =
  /-----BEGIN[A-Z ]{1,40}(?:PRIVATE|PUBLIC) KEY(?: BLOCK)?-----[\t ]{0,8}(?:\r?\n)?/g
const urlPassword = /\/\/[^\s/@:"'<>]{0,256}:([^\s/@"'<>]{1,1024})@/dg
const bearer = /\bbearer\s{1,16}([^\s"',;<>]+)/dgi
const userPath =
  /\b(?:users|home|documents and settings|profiles)[\\/]{1,2}((?:[^\s\\/:;,?&"'<>()|]{1,64} ){1,4}[^\s\\/:;,?&"'<>()|]{1,64}(?=[\\/])|[^\s\\/:;,?&"'<>()|]{1,128})/dgi
const ipv4 =
  /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)/g
const ipv6Like = /(?<![\w:.])[0-9a-fA-F]{0,4}:[0-9a-fA-F:]{1,38}(?:\.\d{1,3}){0,3}(?![\w:])/g

/** Whether a search is worth its time; it is not for nearly all texts, so this is cheap. */
export function mayHold(text: string, patterns: Patterns): boolean {
  if (text.length < shortest) return false
  if (patterns.secrets) {
    if (heads.test(text) || text.includes('@')) return true
    if (text.length >= shortestNumber && digits.test(text)) return true
  }
  if (patterns.userPaths && (text.includes('/') || text.includes('\\')) && homes.test(text))
    return true
  if (patterns.assignments !== undefined && (text.includes('=') || text.includes(':'))) return true
  return patterns.ipAddresses
}

/**
 * Parts of the text that fit, in no order. Undefined when there are none. What `secrets` finds ../event/json_walk.ts has
 * to suspect.
 */
export function findSpans(text: string, patterns: Patterns): Span[] | undefined {
  let spans: Span[] | undefined
  if (patterns.secrets) {
    spans = wholes(spans, text, card, '@creditcard:filter', filtered)
    spans = wholes(spans, text, socialSecurity, '@usssn:filter', filtered)
    spans = keys(spans, text)
    spans = groups(spans, text, urlPassword, '@urlauth:legacy')
    spans = groups(spans, text, bearer, '@bearer:filter')
  }
  if (patterns.userPaths) spans = groups(spans, text, userPath, '@userpath:filter')
  if (patterns.assignments !== undefined) {
    spans = groups(spans, text, patterns.assignments, '@password:filter')
  }
  return patterns.ipAddresses ? addresses(spans, text) : spans
}

function wholes(
  spans: Span[] | undefined,
  text: string,
  pattern: RegExp,
  rule: string,
  by: string,
): Span[] | undefined {
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    spans ??= []
    spans.push({ start: match.index, end: match.index + match[0].length, rule, by })
  }
  return spans
}

/** Of patterns with indices: what the group took that took part. */
function groups(
  spans: Span[] | undefined,
  text: string,
  pattern: RegExp,
  rule: string,
): Span[] | undefined {
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [start, end] = match.indices!.slice(1).find((group) => group !== undefined)!
    if (text.startsWith(filtered, start)) continue
    spans ??= []
    spans.push({ start, end, rule, by: filtered })
  }
  return spans
}

/** From a key's first line to its last; of one that was cut to the end of the text. */
function keys(spans: Span[] | undefined, text: string): Span[] | undefined {
  keyHeader.lastIndex = 0
  for (let match = keyHeader.exec(text); match !== null; match = keyHeader.exec(text)) {
    const start = match.index + match[0].length
    const close = text.indexOf('-----END', start)
    const end = close < 0 ? text.length : close
    keyHeader.lastIndex = end
    if (start === end || text.startsWith(filtered, start)) continue
    spans ??= []
    spans.push({ start, end, rule: '@pemkey:filter', by: filtered })
  }
  return spans
}

function addresses(spans: Span[] | undefined, text: string): Span[] | undefined {
  let found = spans
  if (text.includes('.')) found = wholes(found, text, ipv4, '@ip:replace', '[ip]')
  if (!text.includes(':')) return found
  ipv6Like.lastIndex = 0
  for (let match = ipv6Like.exec(text); match !== null; match = ipv6Like.exec(text)) {
    if (!isIPv6(match[0])) continue
    found ??= []
    found.push({
      start: match.index,
      end: match.index + match[0].length,
      rule: '@ip:replace',
      by: '[ip]',
    })
  }
  return found
}

/** The text with its spans replaced, and where the replacements are. */
export function replaced(text: string, spans: Span[]): { text: string; done: Span[] } {
  spans.sort((a, b) => a.start - b.start || b.end - a.end)
  const done: Span[] = []
  let result = ''
  let from = 0
  for (const { start, end, rule, by } of spans) {
    if (end <= from) continue
    const begin = Math.max(start, from)
    result += text.slice(from, begin) + by
    done.push({ start: result.length - by.length, end: result.length, rule, by })
    from = end
  }
  return { text: result + text.slice(from), done }
}
