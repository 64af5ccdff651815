import { invalid } from './web_request.ts'

/** What tells entries apart: a number, or a text. */
type EntryId = number | string

/**
 * A place in a list, as Sentry writes it: `value:id:0` is what follows behind the entry with this value and id,
 * `value:id:1` what precedes it. Names of entries that move do not shift others: a walk sees none twice.
 */
export interface Cursor {
  readonly value: number
  readonly id: EntryId
  readonly isPrevious: boolean
}

/** @throws WebRefusal 400 */
export function cursorOf(text: string | null): Cursor | undefined {
  if (text === null || text === '') return undefined
  const match = /^(-?\d{1,16}(?:\.\d+)?):(?:(\d{1,16})|~([\w-]{0,2048})):([01])$/.exec(text)
  if (!match) throw invalid(`cursor: "${text.slice(0, 50)}" is none: use one of the Link header`)
  const [, value, number, name, previous] = match
  const id = number === undefined ? Buffer.from(name!, 'base64url').toString() : Number(number)
  return { value: Number(value), id, isPrevious: previous === '1' }
}

/** Texts may be anything, which a header may not. */
const idText = (id: EntryId): string =>
  typeof id === 'number' ? String(id) : `~${Buffer.from(id).toString('base64url')}`

/** An entry of a list that is ordered by value and id, both descending, or ids that are names as in a dictionary. */
export interface Placed {
  readonly value: number
  readonly id: EntryId
}

export interface Page<Entry extends Placed> {
  readonly entries: readonly Entry[]
  readonly cursor: Cursor | undefined
  /** Whether there is more behind the last entry, and before the first. */
  readonly more: { readonly next: boolean; readonly previous: boolean }
}

/**
 * @param found at most `limit + 1` entries from the cursor on, nearest first: descending, or ascending when the
 *   cursor asks for what precedes.
 */
export function pageOf<Entry extends Placed>(
  found: readonly Entry[],
  limit: number,
  cursor: Cursor | undefined,
): Page<Entry> {
  const hasMore = found.length > limit
  const entries = found.slice(0, limit)
  if (cursor?.isPrevious) {
    return { entries: entries.toReversed(), cursor, more: { next: true, previous: hasMore } }
  }
  return { entries, cursor, more: { next: hasMore, previous: cursor !== undefined } }
}

/** A condition and an order: what of a list comes from a cursor on. */
export interface Keyset {
  readonly sql: string
  readonly values: readonly EntryId[]
  readonly order: string
}

/** Columns of ours that a list is ordered by; ids that are names ascend. */
export interface PlaceColumns {
  readonly value: string
  readonly id: string
  readonly isNamed?: boolean
}

/** What `pageOf` needs, over columns of ours. */
export function keyset(columns: PlaceColumns, cursor: Cursor | undefined): Keyset {
  const { value, id, isNamed = false } = columns
  const falls = cursor?.isPrevious !== true
  const byValue = falls ? down : up
  const byId = falls === isNamed ? up : down
  const order = `${value} ${byValue.direction}, ${id} ${byId.direction}`
  if (!cursor) return { sql: '1', values: [], order }
  const after = byValue.operator
  const sql = `${value} ${after}= ? and (${value} ${after} ? or ${id} ${byId.operator} ?)`
  return { sql, values: [cursor.value, cursor.value, cursor.id], order }
}

const down = { operator: '<', direction: 'desc' } as const
const up = { operator: '>', direction: 'asc' } as const

/** The Link header: both directions always, with whether something is there. */
export function linkHeader(page: Page<Placed>, baseUrl: string, url: string): string {
  const { entries, cursor, more } = page
  const first = entries[0] ?? cursor ?? { value: 0, id: 0 }
  const last = entries.at(-1) ?? cursor ?? { value: 0, id: 0 }
  return [
    link(baseUrl, url, 'previous', more.previous, `${first.value}:${idText(first.id)}:1`),
    link(baseUrl, url, 'next', more.next, `${last.value}:${idText(last.id)}:0`),
  ].join(', ')
}

function link(baseUrl: string, url: string, rel: string, results: boolean, cursor: string): string {
  const [path, query = ''] = url.split('?', 2)
  const parameters = new URLSearchParams(query)
  parameters.delete('cursor')
  const before = parameters.toString()
  const target = `${baseUrl}${path}?${before}${before === '' ? '' : '&'}cursor=${cursor}`
  return `<${target}>; rel="${rel}"; results="${results}"; cursor="${cursor}"`
}
