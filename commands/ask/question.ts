import { InvalidArgumentError, type Command } from 'commander'
import { WeirError } from '../../core/errors.ts'
import { parseExact } from '../../core/exact_json.ts'
import { type JsonRecord, type JsonValue, SearchError } from '../../store/search.ts'
import { type ConfigOptions, dataFolderFor } from '../load_config.ts'
import { noteBehind } from './note_behind.ts'
import { operate } from '../operate.ts'
import type { World } from '../world.ts'
import { printable } from './event_line.ts'
import { askRemote } from './remote.ts'

/** Options of every command that asks the store. */
export interface QuestionOptions extends ConfigOptions {
  readonly index: string
  readonly from?: string
  readonly to?: string
  /** Another machine's Weir, such as http://weir:4400. */
  readonly url?: string
  readonly token?: string
}

/** Adds the options that say where and when to look. */
export function addQuestionOptions(command: Command): Command {
  return command
    .option('-i, --index <names>', 'streams or indices, with * and commas', 'logs-*')
    .option(
      '-f, --from <time>',
      'not before: -15m, -2d, now/d, 2026-11-21, an ISO 8601 time',
      timeOf,
    )
    .option('-t, --to <time>', 'before: the same forms', timeOf)
    .option('--url <url>', 'ask the Weir there, instead of the one on the data folder')
    .option('--token <secret>', 'token with the scope `read`, for --url (environment: WEIR_TOKEN)')
}

/** `-15m` is `now-15m`; everything else is date maths already. */
function timeOf(text: string): string {
  if (/^[-+]\d+[smhdwMy](\/[smhdwMy])?$/.test(text)) return `now${text}`
  if (/^(now|\d{4}-\d{2})/.test(text)) return text
  throw new InvalidArgumentError(
    'write such as -15m, -2d, now/d, 2026-11-21 or 2026-11-21T10:00:00Z',
  )
}

/** The `query` of a search body: the text in Weir's language, within the time asked for. */
export async function queryBody(text: string, options: QuestionOptions): Promise<JsonRecord> {
  const [{ queryOfText }, { bodyOf }] = await Promise.all([
    import('../../store/query/language/parser.ts'),
    import('../../store/query/body_of.ts'),
  ])
  const filter: JsonRecord[] = []
  if (text.trim() !== '') filter.push(bodyOf(understood(() => queryOfText(text, { mode: 'weir' }))))
  const { from, to } = options
  if (from !== undefined || to !== undefined) {
    const bounds: JsonRecord = {}
    if (from !== undefined) bounds['gte'] = from
    if (to !== undefined) bounds['lt'] = to
    filter.push({ range: { '@timestamp': bounds } })
  }
  return { bool: { filter } }
}

/** A mistake in a query is the user's: no stack. */
function understood<T>(read: () => T): T {
  try {
    return read()
  } catch (failure) {
    if (!(failure instanceof SearchError)) throw failure
    throw new WeirError('WEIR_REQUEST_INVALID', failure.message, { cause: failure })
  }
}

/** One hit of a search. */
export interface Hit {
  readonly _index: string
  readonly _id: string
  readonly _source: JsonRecord
  readonly sort?: JsonValue[]
}

export interface Answer {
  /** Why what is new is not in it. */
  readonly behind?: string
  readonly _shards?: {
    readonly failures?: readonly { readonly index: string; readonly reason: { reason: string } }[]
  }
  readonly hits: {
    readonly total: { readonly value: number; readonly relation: 'eq' | 'gte' }
    readonly hits: readonly Hit[]
  }
  readonly aggregations?: Readonly<Record<string, JsonRecord>>
}

/** Asks the Weir on the data folder, running or stopped, or the one at `--url`. */
export async function ask(
  world: World,
  options: QuestionOptions,
  request: JsonRecord,
): Promise<Answer> {
  if (options.url !== undefined) {
    const target = options.index.split(',').map(encodeURIComponent).join(',')
    const remote = { url: options.url, token: options.token }
    const response = await askRemote(remote, world, `/es/${target}/_search`, request)
    return noted(world, request, parseExact(await response.text()) as Answer)
  }
  const folder = await dataFolderFor(world, options)
  const args = { target: options.index, request }
  for await (const item of operate(world, folder, 'store.search', args, options)) {
    return noted(world, request, item as Answer)
  }
  throw new WeirError('WEIR_NOT_RUNNING', 'the store gave no answer')
}

const failuresShown = 5

/** Says what an answer lacks; of several pages once. */
function noted(world: World, request: JsonRecord, answer: Answer): Answer {
  if ('search_after' in request) return answer
  if (answer.behind !== undefined) noteBehind(world, answer.behind)
  const failures = answer._shards?.failures ?? []
  if (failures.length === 0) return answer
  const shown = failures.slice(0, failuresShown).map(({ index, reason }) => {
    return `${index} (${reason.reason})`
  })
  const more = failures.length > shown.length ? `, and ${failures.length - shown.length} more` : ''
  world.stderr.write(
    `the answer is not whole: what was in ${printable(shown.join(', '))}${more} is missing\n`,
  )
  return answer
}

/**
 * Every hit, page by page.
 *
 * @param sort ends with what tells all hits apart.
 */
export async function* allHits(
  world: World,
  options: QuestionOptions,
  request: JsonRecord,
  pageSize: number,
): AsyncGenerator<Hit> {
  let after: JsonValue[] | undefined
  do {
    const page = { ...request, size: pageSize, track_total_hits: false }
    const { hits } = (await ask(world, options, after ? { ...page, search_after: after } : page))
      .hits
    yield* hits
    after = hits.length < pageSize ? undefined : hits.at(-1)!.sort
  } while (after)
}
