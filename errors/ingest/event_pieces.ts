import type { SentryEvent, Stacktrace } from '../event/sentry_event.ts'
import { type UnreadJson, UnreadStacktrace } from '../event/unread_frames.ts'
import { UnreadModules } from '../event/unread_modules.ts'

/** JSON in the order in which it is written: texts, and what stays bytes. */
export type JsonPieces = readonly (string | UnreadJson)[]

/** An event's JSON. What stays bytes is to be written from them. */
export function eventPieces(event: SentryEvent): JsonPieces {
  const json = JSON.stringify(event)
  const lists = unreadOf(event)
  if (lists.length === 0) return [json]
  const places = lists.map((unread) => ({ unread, at: json.indexOf(`"${unread.mark}"`) }))
  const pieces: (string | UnreadJson)[] = []
  let from = 0
  for (const { unread, at } of places.toSorted((a, b) => a.at - b.at)) {
    pieces.push(json.slice(from, at), unread)
    from = at + unread.mark.length + 2
  }
  return [...pieces, json.slice(from)]
}

function unreadOf({ exception, threads, stacktrace, modules }: SentryEvent): UnreadJson[] {
  const lists: UnreadJson[] = []
  const add = (one: Stacktrace | undefined) => {
    if (one instanceof UnreadStacktrace) lists.push(one.unread)
  }
  for (const values of [exception?.values, threads?.values]) {
    for (const one of values ?? []) {
      add(one.stacktrace)
      add(one.raw_stacktrace)
    }
  }
  add(stacktrace)
  if (modules instanceof UnreadModules) lists.push(modules)
  return lists
}
