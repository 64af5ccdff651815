import { invalid } from './web_request.ts'

/**
 * A place in a list, as Sentry writes it: `value:id:0` is what follows behind the entry with this value and id,
 * `value:id:1` what precedes it. Names of entries that move do not shift others: a walk sees none twice.
 */
export interface Cursor {
  readonly value: number
  readonly id: number
  readonly isPrevious: boolean
}

/** @throws WebRefusal 400 */
export function cursorOf(text: string | null): Cursor | undefined {
  if (text === null || text === '') return undefined
  const match = /^(-?\d{1,16}(?:\.\d+)?):(\d{1,16}):([01])$/.exec(text)
  if (!match) throw invalid(`cursor: "${text.slice(0, 50)}" is none: use one of the Link header`)
  return { value: Number(match[1]), id: Number(match[2]), isPrevious: match[3] === '1' }
}

/** An entry of a list that is ordered by value and id, both descending. */
export interface Placed {
  readonly value: number
  readonly id: number
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
  readonly values: readonly number[]
  readonly order: string
}

/** What `pageOf` needs, over columns of ours. */
export function keyset(value: string, id: string, cursor: Cursor | undefined): Keyset {
  const order = (direction: string) => `${value} ${direction}, ${id} ${direction}`
  if (!cursor) return { sql: '1', values: [], order: order('desc') }
  const [operator, direction] = cursor.isPrevious ? ['>', 'asc'] : ['<', 'desc']
  const sql = `${value} ${operator}= ? and (${value} ${operator} ? or ${id} ${operator} ?)`
  return { sql, values: [cursor.value, cursor.value, cursor.id], order: order(direction!) }
}

/** The Link header: both directions always, with whether something is there. */
export function linkHeader(page: Page<Placed>, baseUrl: string, url: string): string {
  const { entries, cursor, more } = page
  const first = entries[0] ?? cursor ?? { value: 0, id: 0 }
  const last = entries.at(-1) ?? cursor ?? { value: 0, id: 0 }
  return [
    link(baseUrl, url, 'previous', more.previous, `${first.value}:${first.id}:1`),
    link(baseUrl, url, 'next', more.next, `${last.value}:${last.id}:0`),
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
