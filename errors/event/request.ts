import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { bag, objectBag } from './bag.ts'
import type { EventBounds } from './bounds.ts'
import type { Findings } from './findings.ts'
import { addPair, readPairs } from './pairs.ts'
import type { Pair, PairRoom } from './pairs.ts'
import { isEmpty, isRecord, text } from './reading.ts'
import type { Raw } from './reading.ts'
import type { SentryRequest } from './sentry_event.ts'

/** The HTTP request during which it happened, its URL, query, cookies and body taken apart. */
export function readRequest(
  findings: Findings,
  raw: Raw,
  bounds: EventBounds,
): SentryRequest | undefined {
  if (isEmpty(raw)) return undefined
  if (!isRecord(raw)) {
    findings.invalid('request', raw, 'an object')
    return undefined
  }
  findings.enter('request')
  const request: SentryRequest = {}
  readUrl(findings, raw, request)
  readMethod(findings, raw, request)
  readHeaders(findings, raw, request)
  readBody(findings, raw, request, bounds)
  const env = objectBag(findings, raw, 'env', 7, 8_192)
  if (env !== undefined) request.env = env
  findings.leave()
  return isEmpty(request as JsonRecord) ? undefined : request
}

function readUrl(findings: Findings, raw: JsonRecord, request: SentryRequest): void {
  let url = text(findings, raw, 'url', 16_384)
  let fragment = text(findings, raw, 'fragment', 1_024, 100)
  let query: string | undefined
  if (url !== undefined) {
    const hash = url.indexOf('#')
    if (hash >= 0) {
      fragment ??= findings.cut('fragment', url.slice(hash + 1), 1_024, 100)
      url = url.slice(0, hash)
    }
    const mark = url.indexOf('?')
    if (mark >= 0) {
      query = url.slice(mark + 1)
      url = url.slice(0, mark)
    }
    // Raven's mark of a URL that it has cut.
    if (url.endsWith('…')) url = `${url.slice(0, -1)}...`
    request.url = findings.cut('url', url, 256, 40)
  }
  const pairs = readQuery(findings, raw['query_string'], query)
  if (pairs !== undefined && pairs.length > 0) request.query_string = pairs
  if (fragment !== undefined && fragment !== '') request.fragment = fragment
}

function readQuery(findings: Findings, given: Raw, ofUrl: string | undefined): Pair[] | undefined {
  const room: PairRoom = { left: 2_048, count: 100 }
  const value = isEmpty(given) ? ofUrl : given
  if (value === undefined || value === null) return undefined
  const pairs = typeof value === 'string' ? queryPairs(value, room) : readPairs(value, room)
  if (pairs === undefined) findings.invalid('query_string', given, 'a query string or an object')
  return pairs
}

function queryPairs(query: string, room: PairRoom): Pair[] {
  const pairs: Pair[] = []
  const start = query.startsWith('?') ? 1 : 0
  for (const [key, value] of new URLSearchParams(query.slice(start, start + 16_384))) {
    if (!addPair(pairs, key, value, room)) break
  }
  return pairs
}

const methods = /^[A-Z\-_]{3,32}$/

function readMethod(findings: Findings, raw: JsonRecord, request: SentryRequest): void {
  const method = text(findings, raw, 'method', 256)?.trim().toUpperCase()
  if (method === undefined || method === '') return
  if (methods.test(method)) request.method = method
  else findings.invalid('method', raw['method']!, 'an HTTP method')
}

function readHeaders(findings: Findings, raw: JsonRecord, request: SentryRequest): void {
  const { cookies: given, headers: sent } = raw
  let cookies = isEmpty(given) ? undefined : readCookies(findings, given!)
  if (!isEmpty(sent)) {
    const pairs = readPairs(sent, { left: 8_192, count: 200 })
    if (pairs === undefined) findings.invalid('headers', sent, 'headers')
    const headers: [string, string][] = []
    for (const [key, value] of pairs ?? []) {
      if (value === null || key === '') continue
      const name = headerName(key)
      // Of cookies that are known in any case once is enough: those of the header are no clearer.
      if (name !== 'Cookie') headers.push([name, value])
      else cookies ??= readCookies(findings, value)
    }
    if (headers.length > 0) request.headers = headers
  }
  if (cookies !== undefined && cookies.length > 0) request.cookies = cookies
}

/** `user-agent` is `User-Agent`: letters that begin a word are upper-case, others stay. */
function headerName(name: string): string {
  if (!/(?:^|-)[a-z]/.test(name)) return name
  return name.replaceAll(
    /(^|-)([a-z])/g,
    (_, start: string, letter: string) => start + letter.toUpperCase(),
  )
}

function readCookies(findings: Findings, value: JsonValue): Pair[] | undefined {
  const room: PairRoom = { left: 4_096, count: 100 }
  if (typeof value !== 'string') {
    const pairs = readPairs(value, room)
    if (pairs === undefined) findings.invalid('cookies', value, 'cookies')
    return pairs
  }
  const pairs: Pair[] = []
  for (const part of value.slice(0, 16_384).split(';')) {
    const equals = part.indexOf('=')
    const key = (equals < 0 ? part : part.slice(0, equals)).trim()
    if (key === '') continue
    const text = equals < 0 ? '' : part.slice(equals + 1).trim()
    if (!addPair(pairs, decoded(key), decoded(text), room)) break
  }
  return pairs
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Longest text of a body that is taken apart; of a longer one the beginning is kept as text. */
const maxParsed = 1_048_576

function readBody(
  findings: Findings,
  raw: JsonRecord,
  request: SentryRequest,
  bounds: EventBounds,
): void {
  const { data } = raw
  if (isEmpty(data)) return
  let body: JsonValue = data!
  let inferred = text(findings, raw, 'inferred_content_type', 128)
  if (typeof body === 'string') {
    const declared = contentType(request)
    const form = declared === undefined || declared === formType
    const parsed = body.length > maxParsed ? undefined : parsedJson(body)
    const pairs = parsed === undefined && form ? parsedForm(body) : undefined
    if (parsed !== undefined) [body, inferred] = [parsed, declared ?? 'application/json']
    else if (pairs !== undefined) [body, inferred] = [pairs, formType]
    else inferred ??= declared
  }
  const kept = bag(findings, 'data', body, 7, bounds.max_body_size)
  if (isEmpty(kept)) return
  request.data = kept!
  if (inferred !== undefined) request.inferred_content_type = inferred
}

const formType = 'application/x-www-form-urlencoded'

function contentType(request: SentryRequest): string | undefined {
  const header = request.headers?.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  return header?.split(';', 1)[0]!.trim().toLowerCase() || undefined
}

function parsedJson(body: string): JsonValue | undefined {
  const first = /^\s{0,64}([[{])/.exec(body)
  if (first === null) return undefined
  try {
    return JSON.parse(body) as JsonValue
  } catch {
    return undefined
  }
}

/** `a=1&b=2`, where it is unmistakably that. */
const formLike = /^[\w.~%+*!()[\]$-]{1,256}=[^\s]*$/

function parsedForm(body: string): JsonRecord | undefined {
  if (!formLike.test(body)) return undefined
  const fields = new Map<string, JsonValue>()
  for (const [key, value] of new URLSearchParams(body)) {
    const known = fields.get(key)
    if (known === undefined) fields.set(key, value)
    else if (Array.isArray(known)) known.push(value)
    else fields.set(key, [known, value])
  }
  return Object.fromEntries(fields)
}
