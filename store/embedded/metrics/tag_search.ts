import { setImmediate } from 'node:timers/promises'
import type { SeriesFilter, SeriesInfo, TagExpression } from '../../metrics.ts'
import { pointTypes } from '../../points.ts'
import { SearchError } from '../../search.ts'
import { nameOfSeries, tagsOfSeries } from '../../series.ts'
import { bySeries, type CatalogueSearch, infoOf, isWithin } from './catalogue_search.ts'
import { SeriesCursor, type SeriesRow } from './series_cursor.ts'

/** Which of `texts` an expression finds a match in; it takes linear time, whatever the expression. */
export type Matching = (
  texts: readonly string[],
  expression: string,
  deadline: AbortSignal,
) => Promise<readonly boolean[]>

interface TagQuery extends SeriesFilter {
  readonly tags: readonly TagExpression[]
  readonly limit: number
}

type Row = SeriesRow & { readonly type: number }

const pageRows = 1_000
const expressionsMax = 100
const columns = 'id, type, series, first_ms, last_ms, interval_ms'

/** Looks series up by their tags. */
export class TagSearch {
  readonly #catalogue: CatalogueSearch
  readonly #matching: Matching

  constructor(catalogue: CatalogueSearch, matching: Matching) {
    this.#catalogue = catalogue
    this.#matching = matching
  }

  /** @throws SearchError 400 when the expressions say nothing that a series has to have, or are none. */
  async find(query: TagQuery, deadline: AbortSignal): Promise<SeriesInfo[]> {
    const found: SeriesInfo[] = []
    for await (const row of this.#fitting(query, deadline)) {
      found.push(infoOf(row, pointTypes[row.type]!))
      if (found.length === query.limit) break
    }
    return found.toSorted(bySeries)
  }

  async names(
    query: { tags?: readonly TagExpression[]; prefix?: string; limit: number },
    deadline: AbortSignal,
  ): Promise<string[]> {
    const { tags = [], prefix = '', limit } = query
    const found = new Set<string>()
    if ('name'.startsWith(prefix)) found.add('name')
    if (tags.length === 0) {
      for (const key of this.#keys(prefix, limit)) found.add(key)
    } else {
      for await (const { series } of this.#fitting({ tags, limit }, deadline)) {
        for (const key of Object.keys(tagsOfSeries(series)))
          if (key.startsWith(prefix)) found.add(key)
      }
    }
    return [...found].toSorted().slice(0, limit)
  }

  async values(
    query: { tag: string; tags?: readonly TagExpression[]; prefix?: string; limit: number },
    deadline: AbortSignal,
  ): Promise<string[]> {
    const { tag, tags = [], prefix = '', limit } = query
    const found = new Set<string>()
    if (tags.length === 0) {
      for await (const value of this.#valuesOf(tag, prefix, deadline)) {
        found.add(value)
        if (found.size >= limit) break
      }
    } else {
      for await (const { series } of this.#fitting({ tags, limit }, deadline)) {
        const value = tagsOfSeries(series)[tag]
        if (value?.startsWith(prefix)) found.add(value)
        if (found.size >= limit) break
      }
    }
    return [...found].toSorted().slice(0, limit)
  }

  /** Every series that fits, in no order. */
  async *#fitting(query: TagQuery, deadline: AbortSignal): AsyncGenerator<Row> {
    const { tags } = query
    if (tags.length > expressionsMax) throw refused(`more than ${expressionsMax} expressions`)
    const known = new Map<TagExpression, Map<string, boolean>>()
    for (const each of tags) if (isPattern(each)) known.set(each, new Map([['', false]]))
    for (const [{ value }, fits] of known) {
      const [isEmptyToo] = await this.#matching([''], anchored(value), deadline)
      fits.set('', isEmptyToo!)
    }
    const types = query.types?.map((type) => pointTypes.indexOf(type))
    for await (const page of this.#candidates(tags, known, deadline)) {
      deadline.throwIfAborted()
      const rows = page.filter((row) => isWithin(row, query) && (types?.includes(row.type) ?? true))
      const all = rows.map(({ series }) => tagsOfSeries(series))
      for (const [{ tag, value }, fits] of known) {
        const texts = all.map((own) => own[tag] ?? '')
        await this.#learn(texts, value, fits, deadline)
      }
      for (const [place, row] of rows.entries()) {
        if (tags.every((each) => fitsTag(each, all[place]![each.tag] ?? '', known.get(each))))
          yield row
      }
    }
  }

  /** Series in pages, by the expression that leaves the fewest. */
  async *#candidates(
    tags: readonly TagExpression[],
    known: ReadonlyMap<TagExpression, ReadonlyMap<string, boolean>>,
    deadline: AbortSignal,
  ): AsyncGenerator<Row[]> {
    const equal = tags.filter(({ operator, value }) => operator === '=' && value !== '')
    const named = equal.find(({ tag }) => tag === 'name')
    if (named) return yield* this.#ofName(named.value)
    const [fewest] = equal
      .map((each) => ({ each, count: this.#countOf(each) }))
      .toSorted((a, b) => a.count - b.count)
    if (fewest) return yield* this.#ofTag(fewest.each.tag, fewest.each.value)
    const pattern = tags.find((each) => {
      return each.operator === '=~' && known.get(each)!.get('') === false
    })
    const present = tags.find(({ operator, value }) => operator === '!=' && value === '')
    const other = pattern ?? present
    if (!other) throw refused('at least one expression has to ask for a tag that is there')
    const fits = new Map<string, boolean>()
    let values: string[] = []
    const pages = async function* (this: TagSearch) {
      if (pattern) await this.#learn(values, pattern.value, fits, deadline)
      for (const value of values) {
        if (pattern && fits.get(value) !== true) continue
        yield* other.tag === 'name' ? this.#ofName(value) : this.#ofTag(other.tag, value)
      }
      fits.clear()
      values = []
    }.bind(this)
    for await (const value of this.#valuesOf(other.tag, '', deadline)) {
      values.push(value)
      if (values.length >= pageRows) yield* pages()
    }
    yield* pages()
  }

  *#ofName(name: string): Generator<Row[]> {
    for (const type of pointTypes.keys()) {
      const cursor = new SeriesCursor(this.#catalogue.database, type)
      let page: Row[] = []
      cursor.seek(name)
      if (cursor.row?.series === name) page.push({ ...cursor.row, type })
      for (cursor.seek(`${name};`); cursor.row?.series.startsWith(`${name};`); cursor.next()) {
        page.push({ ...cursor.row, type })
        if (page.length < pageRows) continue
        yield page
        page = []
      }
      if (page.length > 0) yield page
    }
  }

  *#ofTag(key: string, value: string): Generator<Row[]> {
    const read = this.#catalogue.database.prepare(
      `select ${columns} from series where id in
       (select series from tags where key = ? and value = ? and series > ? order by series limit ${pageRows}) order by id`,
    )
    for (let after = 0; ;) {
      const page = read.all(key, value, after) as unknown as Row[]
      if (page.length > 0) yield page
      if (page.length < pageRows) return
      after = page.at(-1)!.id
    }
  }

  #countOf({ tag, value }: TagExpression): number {
    const text = `select count(*) as n from (select 1 from tags where key = ? and value = ? limit 10000)`
    return Number(this.#catalogue.database.prepare(text).get(tag, value)!['n'])
  }

  *#keys(prefix: string, limit: number): Generator<string> {
    const read = this.#catalogue.database.prepare(
      'select key from tags where key > ? order by key limit 1',
    )
    const first = this.#catalogue.database.prepare(
      'select key from tags where key >= ? order by key limit 1',
    )
    let row = first.get(prefix)
    for (let left = limit; row && left > 0; left--) {
      const key = row['key'] as string
      if (!key.startsWith(prefix)) return
      yield key
      row = read.get(key)
    }
  }

  /** Each value that a tag has, in order. */
  async *#valuesOf(tag: string, prefix: string, deadline: AbortSignal): AsyncGenerator<string> {
    if (tag === 'name') return yield* this.#allNames(prefix, deadline)
    const { database } = this.#catalogue
    const text = (operator: string) =>
      `select value from tags where key = ? and value ${operator} ? order by value limit 1`
    const after = database.prepare(text('>'))
    let row = database.prepare(text('>=')).get(tag, prefix)
    for (let count = 1; row; count++) {
      const value = row['value'] as string
      if (!value.startsWith(prefix)) return
      yield value
      if (count % 500 === 0) {
        await setImmediate()
        deadline.throwIfAborted()
      }
      row = after.get(tag, value)
    }
  }

  async *#allNames(prefix: string, deadline: AbortSignal): AsyncGenerator<string> {
    const seen = new Set<string>()
    for (const type of pointTypes.keys()) {
      const cursor = new SeriesCursor(this.#catalogue.database, type)
      cursor.seek(prefix)
      for (let count = 1; cursor.row?.series.startsWith(prefix); count++) {
        const { series } = cursor.row
        const name = nameOfSeries(series)
        if (!seen.has(name)) yield name
        // Few series have several types: those that are seen twice cost little.
        if (seen.size < 100_000) seen.add(name)
        if (series === name) cursor.next()
        else cursor.seek(`${name}<`)
        if (count % 500 > 0) continue
        await setImmediate()
        deadline.throwIfAborted()
      }
    }
  }

  async #learn(
    texts: readonly string[],
    value: string,
    fits: Map<string, boolean>,
    deadline: AbortSignal,
  ): Promise<void> {
    const unknown = [...new Set(texts)].filter((text) => !fits.has(text))
    if (unknown.length === 0) return
    const found = await this.#matching(unknown, anchored(value), deadline)
    for (const [place, text] of unknown.entries()) fits.set(text, found[place]!)
  }
}

const isPattern = ({ operator }: TagExpression) => operator === '=~' || operator === '!=~'
const anchored = (expression: string) => `^(?:${expression})`

function fitsTag(
  { operator, value }: TagExpression,
  own: string,
  fits: ReadonlyMap<string, boolean> | undefined,
): boolean {
  if (operator === '=') return own === value
  if (operator === '!=') return own !== value
  return (fits!.get(own) === true) === (operator === '=~')
}

const refused = (reason: string) => new SearchError(400, 'illegal_argument_exception', reason)
