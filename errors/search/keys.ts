import type { EventPart } from './events_with.ts'

/** What a key of a search is about. */
export type KeyMeaning =
  | { readonly kind: 'is' | 'has' | 'assigned' | 'bookmarks' | 'project' | 'issue' | 'release' }
  | { readonly kind: 'environment' | 'event' | 'handled' | 'first_release' | 'last_release' }
  /** Milliseconds since the epoch, of the issue; asked as a date, a distance from now, or a comparison. */
  | { readonly kind: 'time'; readonly column: 'first_seen_ms' | 'last_seen_ms' }
  | { readonly kind: 'number'; readonly column: 'events' | 'users' }
  | { readonly kind: 'level' }
  /** A text of the issue. */
  | { readonly kind: 'text'; readonly column: TextColumn }
  /** Anywhere in the title or the main exception's value. */
  | { readonly kind: 'message' }
  /** Of any exception: the issue's, or one of its kept events'. */
  | { readonly kind: 'error'; readonly part: 'type' | 'value' }
  /** Of a kept event: of any of its frames, its request, its SDK. */
  | { readonly kind: 'part'; readonly part: EventPart }
  /** The trace that a kept event is part of. */
  | { readonly kind: 'trace' }
  /** Sentry has it and Weir does not: why, and what to ask instead. */
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'user'; readonly part: UserPart }
  /** A tag of the events, or what is kept as one. */
  | { readonly kind: 'tag'; readonly key: string }

export type TextColumn =
  | 'title'
  | 'type'
  | 'value'
  | 'culprit'
  | 'logger'
  | 'platform'
  | 'message'
  | 'priority'
export type UserPart = 'id' | 'email' | 'username' | 'ip_address'

const text = (column: TextColumn): KeyMeaning => ({ kind: 'text', column })
const firstSeen: KeyMeaning = { kind: 'time', column: 'first_seen_ms' }
const lastSeen: KeyMeaning = { kind: 'time', column: 'last_seen_ms' }
const tag = (key: string): KeyMeaning => ({ kind: 'tag', key })
const part = (of: EventPart): KeyMeaning => ({ kind: 'part', part: of })
const refused = (because: string): KeyMeaning => ({ kind: 'refused', because })
const user = (part: UserPart): KeyMeaning => ({ kind: 'user', part })

const inFrames = refused('of frames stack.filename, stack.function and stack.module are')
const noPlaces = refused('Weir looks up no places')
const notKept = refused('it is not kept as such; a tag of that name is asked as tags[…]')

/** Sentry's names for what an issue or its events have, in lower case. Everything else is a tag. */
const known: ReadonlyMap<string, KeyMeaning> = new Map([
  ['is', { kind: 'is' }],
  ['has', { kind: 'has' }],
  ['assigned', { kind: 'assigned' }],
  ['assignee', { kind: 'assigned' }],
  ['assigned_to', { kind: 'assigned' }],
  ['assigned_or_suggested', { kind: 'assigned' }],
  ['bookmarks', { kind: 'bookmarks' }],
  ['project', { kind: 'project' }],
  ['project.name', { kind: 'project' }],
  ['project.id', { kind: 'project' }],
  ['project_id', { kind: 'project' }],
  ['issue', { kind: 'issue' }],
  ['issue.id', { kind: 'issue' }],
  ['id', { kind: 'event' }],
  ['event.id', { kind: 'event' }],
  ['release', { kind: 'release' }],
  ['firstrelease', { kind: 'first_release' }],
  ['first-release', { kind: 'first_release' }],
  ['first_release', { kind: 'first_release' }],
  ['lastrelease', { kind: 'last_release' }],
  ['last_release', { kind: 'last_release' }],
  ['environment', { kind: 'environment' }],
  ['error.handled', { kind: 'handled' }],
  ['error.unhandled', { kind: 'handled' }],
  ['firstseen', firstSeen],
  ['first_seen', firstSeen],
  ['age', firstSeen],
  ['lastseen', lastSeen],
  ['last_seen', lastSeen],
  ['timestamp', lastSeen],
  ['event.timestamp', lastSeen],
  ['timesseen', { kind: 'number', column: 'events' }],
  ['times_seen', { kind: 'number', column: 'events' }],
  ['usersseen', { kind: 'number', column: 'users' }],
  ['level', { kind: 'level' }],
  ['title', text('title')],
  ['message', { kind: 'message' }],
  ['culprit', text('culprit')],
  ['logger', text('logger')],
  ['platform', text('platform')],
  ['event.type', text('type')],
  ['issue.priority', text('priority')],
  ['priority', text('priority')],
  ['error.type', { kind: 'error', part: 'type' }],
  ['error.value', { kind: 'error', part: 'value' }],
  ['stack.filename', part('stack.filename')],
  ['stack.function', part('stack.function')],
  ['stack.module', part('stack.module')],
  ['http.method', part('http.method')],
  ['http.url', tag('url')],
  ['sdk.name', part('sdk.name')],
  ['sdk.version', part('sdk.version')],
  ['error.mechanism', tag('mechanism')],
  ['trace', { kind: 'trace' }],
  ['stack.abs_path', refused('ask stack.filename')],
  ['stack.package', refused('ask stack.module')],
  ['stack.stack_level', refused('ask stack.filename')],
  ['stack.in_app', inFrames],
  ['stack.lineno', inFrames],
  ['stack.colno', inFrames],
  ['trace.span', refused('ask trace')],
  ['trace.parent_span', refused('ask trace')],
  ['http.referer', refused('ask for its words')],
  ['geo.city', noPlaces],
  ['geo.country_code', noPlaces],
  ['geo.region', noPlaces],
  ['geo.subdivision', noPlaces],
  ['error.main_thread', notKept],
  ['symbolicated_in_app', notKept],
  ['unreal.crash_type', notKept],
  ['issue.type', refused('every issue is an error')],
  ['issue.category', refused('every issue is an error')],
  ['device.class', refused('ask device.family')],
  ['suggested', refused('Weir suggests no assignees: ask assigned')],
  ['transaction', tag('transaction')],
  ['user.id', user('id')],
  ['user.email', user('email')],
  ['user.username', user('username')],
  ['user.ip', user('ip_address')],
  ['user.ip_address', user('ip_address')],
])

/** What `key` means; names of its own are a tag's. */
export function meaningOfKey(key: string): KeyMeaning {
  return known.get(key.toLowerCase()) ?? tag(key)
}

export const isKnownKey = (key: string): boolean => known.has(key.toLowerCase())
