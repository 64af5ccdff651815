import { Marks } from '../event/marks.ts'
import { UnreadStacktrace } from '../event/unread_frames.ts'
import type {
  Frame,
  SentryEvent,
  SentryException,
  SentryRequest,
  SentryThread,
  SentryUser,
  Stacktrace,
} from '../event/sentry_event.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { CompiledScrubbing } from './rules.ts'
import { Scrubber } from './walk.ts'

/**
 * Takes secrets out of a normalised event, in place: by the names of fields, by what is in texts, as Sentry does
 * by default (docs/SCRUBBING.md). What was taken out and by which rule is marked in its `_meta`.
 */
export function scrub(event: SentryEvent, rules: CompiledScrubbing): void {
  if (!rules.active) return
  const marks = new Marks(event._meta)
  const scrubber = new Scrubber(rules, marks)
  scrubNames(scrubber, event)
  scrubFailure(scrubber, event)
  scrubBreadcrumbs(scrubber, event)
  if (event.request !== undefined) scrubRequest(scrubber, event.request)
  if (event.user !== undefined) scrubUser(scrubber, event.user)
  if (event.contexts !== undefined) scrubContexts(scrubber, event.contexts)
  if (event.tags !== undefined) scrubTags(scrubber, event.tags)
  if (event.extra !== undefined) scrubber.record('extra', event.extra)
  for (const key of ['template', 'csp', 'hpkp', 'expectct', 'expectstaple'] as const) {
    const report = event[key]
    if (report !== undefined) scrubber.record(key, report)
  }
  for (const error of event.errors ?? []) {
    const { value, name = '' } = error
    if (value !== undefined) error.value = scrubError(rules, name, value)
  }
  if (marks.root !== undefined) event._meta = marks.root
}

/** What an event quotes of a wrong value has no place in the event that could be marked. */
function scrubError(rules: CompiledScrubbing, name: string, value: JsonValue): JsonValue {
  const apart = new Scrubber(rules, new Marks(undefined))
  const wrapped: JsonRecord = { [name.slice(name.lastIndexOf('.') + 1)]: value }
  apart.record('', wrapped)
  return Object.values(wrapped)[0]!
}

function scrubNames(scrubber: Scrubber, event: SentryEvent): void {
  const { server_name: server, transaction, fingerprint } = event
  if (server !== undefined) event.server_name = scrubber.message('server_name', server)
  if (transaction !== undefined) event.transaction = scrubber.message('transaction', transaction)
  if (fingerprint === undefined) return
  for (const [index, part] of fingerprint.entries()) {
    fingerprint[index] = scrubber.message('fingerprint', part)
  }
}

function scrubFailure(scrubber: Scrubber, event: SentryEvent): void {
  const { logentry, exception, threads, stacktrace } = event
  const { path } = scrubber.marks
  if (logentry !== undefined) {
    path.push('logentry')
    const { message, params } = logentry
    logentry.formatted = scrubber.message('formatted', logentry.formatted)
    if (message !== undefined) logentry.message = scrubber.message('message', message)
    if (Array.isArray(params)) scrubber.list('params', params)
    else if (params !== undefined) scrubber.record('params', params)
    path.pop()
  }
  if (exception !== undefined) {
    path.push('exception', 'values')
    for (const [index, one] of exception.values.entries()) scrubException(scrubber, index, one)
    path.length -= 2
  }
  if (threads !== undefined) {
    path.push('threads', 'values')
    for (const [index, one] of threads.values.entries()) scrubThread(scrubber, index, one)
    path.length -= 2
  }
  scrubStacktrace(scrubber, 'stacktrace', stacktrace)
}

function scrubException(scrubber: Scrubber, index: number, exception: SentryException): void {
  const { value, mechanism } = exception
  scrubber.marks.path.push(index)
  if (value !== undefined) exception.value = scrubber.message('value', value)
  if (mechanism !== undefined) {
    const { type } = mechanism
    scrubber.record('mechanism', mechanism as JsonRecord)
    mechanism.type = type
  }
  scrubStacktrace(scrubber, 'stacktrace', exception.stacktrace)
  scrubStacktrace(scrubber, 'raw_stacktrace', exception.raw_stacktrace)
  scrubber.marks.path.pop()
}

function scrubThread(scrubber: Scrubber, index: number, thread: SentryThread): void {
  scrubber.marks.path.push(index)
  const { name } = thread
  if (name !== undefined) thread.name = scrubber.message('name', name)
  scrubStacktrace(scrubber, 'stacktrace', thread.stacktrace)
  scrubStacktrace(scrubber, 'raw_stacktrace', thread.raw_stacktrace)
  scrubber.marks.path.pop()
}

function scrubStacktrace(
  scrubber: Scrubber,
  key: string,
  stacktrace: Stacktrace | undefined,
): void {
  if (stacktrace === undefined) return
  const { path } = scrubber.marks
  path.push(key, 'frames')
  if (stacktrace instanceof UnreadStacktrace) {
    scrubUnread(scrubber, stacktrace)
    path.length -= 2
    return
  }
  const { frames } = stacktrace
  for (let index = 0; index < frames.length; index++) {
    path.push(index)
    scrubFrame(scrubber, frames[index]!)
    path.pop()
  }
  path.length -= 2
}

/** All but these variables is known to hold no secrets (./raw_json.ts). */
function scrubUnread(scrubber: Scrubber, { unread }: UnreadStacktrace): void {
  for (const { frame, kept } of unread.vars) {
    scrubber.marks.path.push(frame)
    if (kept !== undefined) scrubber.record('vars', kept)
    scrubber.marks.path.pop()
  }
}

function scrubFrame(scrubber: Scrubber, frame: Frame): void {
  const { vars, context_line: line, pre_context: before, post_context: after } = frame
  if (vars !== undefined) scrubber.record('vars', vars)
  if (line !== undefined) frame.context_line = scrubber.line('context_line', line)
  if (before !== undefined) scrubLines(scrubber, 'pre_context', before)
  if (after !== undefined) scrubLines(scrubber, 'post_context', after)
}

function scrubLines(scrubber: Scrubber, key: string, lines: string[]): void {
  scrubber.marks.path.push(key)
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    const scrubbed = scrubber.line(index, line)
    if (scrubbed !== line) lines[index] = scrubbed
  }
  scrubber.marks.path.pop()
}

function scrubBreadcrumbs(scrubber: Scrubber, event: SentryEvent): void {
  if (event.breadcrumbs === undefined) return
  const { path } = scrubber.marks
  path.push('breadcrumbs', 'values')
  const { values } = event.breadcrumbs
  for (let index = 0; index < values.length; index++) {
    const breadcrumb = values[index]!
    const { message, data } = breadcrumb
    path.push(index)
    if (message !== undefined) {
      const scrubbed = scrubber.text('message', message)
      if (scrubbed !== message) breadcrumb.message = scrubbed
    }
    if (data !== undefined) scrubber.record('data', data)
    path.pop()
  }
  path.length -= 2
}

/** Cookies of common frameworks that are as good as a password for as long as they last. */
const sessionCookie =
  /^(?:(?:__)?(?:host-|secure-)?(?:sentrysid|sudo|su|__session|session|sessionid|session_id|user_session|connect\.sid|sid|symfony|phpsessid|jsessionid|asp\.net_sessionid|laravel_session|mysession|_vercel_jwt|jwt|remember_me))$|sess(?:ion)?_?id$|csrf|xsrf/i

function scrubRequest(scrubber: Scrubber, request: SentryRequest): void {
  const { url, query_string: query, fragment, cookies, headers, env, data } = request
  const { marks, rules } = scrubber
  marks.path.push('request')
  if (url !== undefined) request.url = scrubber.message('url', url)
  if (query !== undefined) scrubber.pairs('query_string', query)
  if (fragment !== undefined) request.fragment = scrubber.text('fragment', fragment)
  if (cookies !== undefined) {
    if (rules.sessionCookies) hideSessions(scrubber, cookies)
    scrubber.pairs('cookies', cookies)
  }
  // Versions look like addresses, and there is nothing secret in it.
  if (headers !== undefined) scrubber.pairs('headers', headers, 'User-Agent')
  if (env !== undefined) {
    if (rules.ipAddresses && env['REMOTE_ADDR'] !== undefined) {
      delete env['REMOTE_ADDR']
      marks.path.push('env')
      marks.remark('REMOTE_ADDR', ['@anything:remove', 'x'])
      marks.path.pop()
    }
    scrubber.record('env', env)
  }
  if (data !== undefined) request.data = scrubber.any('data', data)
  marks.path.pop()
}

function hideSessions(scrubber: Scrubber, cookies: [string, string | null][]): void {
  const { path } = scrubber.marks
  path.push('cookies')
  for (const [index, pair] of cookies.entries()) {
    const [name, value] = pair
    if (value === null || !sessionCookie.test(name)) continue
    if (scrubber.rules.kindOf(name) === 'excluded') continue
    path.push(index)
    pair[1] = scrubber.secret(1, value, '@anything:filter')
    path.pop()
  }
  path.pop()
}

function scrubUser(scrubber: Scrubber, user: SentryUser): void {
  const { marks, rules } = scrubber
  marks.path.push('user')
  if (rules.ipAddresses && user.ip_address !== undefined) {
    delete user.ip_address
    marks.remark('ip_address', ['@anything:remove', 'x'])
  }
  // An id such as `auth0|5f3c` has a word in it, and users are counted by it.
  for (const key of ['id', 'email', 'username', 'name'] as const) {
    const value = user[key]
    if (value !== undefined) user[key] = scrubber.message(key, value)
  }
  if (user.geo !== undefined) scrubber.record('geo', user.geo)
  if (user.data !== undefined) scrubber.record('data', user.data)
  marks.path.pop()
}

function scrubContexts(scrubber: Scrubber, contexts: Record<string, JsonRecord>): void {
  scrubber.record('contexts', contexts)
  for (const [name, context] of Object.entries(contexts) as [string, JsonRecord | null][]) {
    if (context === null) delete contexts[name]
  }
}

function scrubTags(scrubber: Scrubber, tags: [string, string][]): void {
  const { marks, rules } = scrubber
  marks.path.push('tags')
  for (let index = 0; index < tags.length; index++) {
    const tag = tags[index]!
    const [name, value] = tag
    marks.path.push(index)
    const kind = rules.kindOf(name)
    if (kind === 'secret') tag[1] = scrubber.secret(1, value, rules.ruleOf(name))
    else if (kind === 'plain') tag[1] = scrubber.message(1, value)
    marks.path.pop()
  }
  marks.path.pop()
}
