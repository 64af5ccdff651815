import { Refusal } from '../../../core/http/refusal.ts'
import { nameOfSeries, seriesOf, tagsOfSeries } from '../../../store/series.ts'
import { parseTaggedName } from '../render/tagged_name.ts'
import { tagExpression } from '../names/fetch.ts'
import { badRequest, type Parameters } from './parameters.ts'
import { findingOf, openedFinder, openedStore, type Services } from './services.ts'
import { type Call, type Route, sendJson } from './surface.ts'

const suggestionsDefault = 100

/** `/tags…` (graphite-web's tags/views.py). A series has the tags of its name; nothing has to be registered. */
export const tagRoutes = (services: Services): readonly Route[] => {
  const reading = (path: string, handle: (call: Call) => Promise<unknown>): Route => ({
    methods: ['GET', 'POST'],
    path,
    scope: 'read',
    handle: async (call) => sendJson(call, await handle(call)),
  })
  const writing = (path: string, handle: (call: Call) => Promise<unknown>): Route => ({
    methods: ['POST'],
    path,
    scope: 'ingest',
    handle: async (call) => sendJson(call, await handle(call)),
  })
  return [
    reading('/tags/findSeries', (call) => findSeries(services, call)),
    reading('/tags/autoComplete/tags', (call) => suggestTags(services, call)),
    reading('/tags/autoComplete/values', (call) => suggestValues(services, call)),
    writing('/tags/tagSeries', async ({ parameters }) => canonical(required(parameters, 'path'))),
    writing('/tags/tagMultiSeries', async ({ parameters }) =>
      parameters.all('path').map(canonical),
    ),
    writing('/tags/delSeries', async () => {
      const text =
        'series go with their points, by store.metrics.retention: none is deleted by hand'
      throw new Refusal(400, 'bad_request', text)
    }),
    reading('/tags', (call) => listTags(services, call)),
    reading('/tags/:tag', (call) => showTag(services, call)),
  ]
}

async function findSeries(services: Services, call: Call): Promise<string[]> {
  const expressions = call.parameters.all('expr').map(tagExpression)
  if (expressions.length === 0) throw badRequest('no tag expressions specified')
  const finder = await openedFinder(services)
  const found = await finder.tagged(expressions, findingOf(services, call))
  return found.map(({ name }) => name)
}

/** Tags that a further expression could be about: those of the series that fit, but for the ones asked already. */
async function suggestTags(services: Services, call: Call): Promise<readonly string[]> {
  const { parameters, deadline } = call
  const expressions = parameters.all('expr').map(tagExpression)
  const prefix = parameters.text('tagPrefix') ?? ''
  const limit = limitOf(parameters)
  const asked = new Set(expressions.map(({ tag }) => tag))
  if (asked.has('name')) {
    const finder = await openedFinder(services)
    const found = await finder.tagged(expressions, findingOf(services, call))
    const tags = new Set(found.flatMap(({ series }) => Object.keys(tagsOfSeries(series))))
    return kept([...tags], prefix, limit, asked)
  }
  const store = await openedStore(services)
  const names = await store.tagNames(
    { tags: expressions, prefix, limit: limit + asked.size },
    deadline,
  )
  return kept(names, prefix, limit, asked)
}

async function suggestValues(services: Services, call: Call): Promise<readonly string[]> {
  const { parameters, deadline } = call
  const tag = required(parameters, 'tag')
  const expressions = parameters.all('expr').map(tagExpression)
  const prefix = parameters.text('valuePrefix') ?? ''
  const limit = limitOf(parameters)
  if (tag !== 'name' && expressions.every((expression) => expression.tag !== 'name')) {
    const store = await openedStore(services)
    return await store.tagValues({ tag, tags: expressions, prefix, limit }, deadline)
  }
  const finder = await openedFinder(services)
  const finding = findingOf(services, call)
  const names =
    expressions.length > 0
      ? (await finder.tagged(expressions, finding)).map(({ name }) => name)
      : await finder.names(finding)
  const values = names.map((name) =>
    tag === 'name' ? nameOfSeries(name) : tagsOfSeries(name)[tag],
  )
  return kept([...new Set(values.filter((value) => value !== undefined))], prefix, limit)
}

async function listTags(services: Services, { parameters, deadline }: Call) {
  const store = await openedStore(services)
  const filter = parameters.text('filter')
  const names = await store.tagNames({ limit: services.config.max_series }, deadline)
  return names
    .filter((tag) => filter === undefined || tag.startsWith(filter))
    .map((tag) => ({ tag }))
}

async function showTag(services: Services, call: Call) {
  const { parameters, deadline, request } = call
  const { tag } = request.params as { tag: string }
  const filter = parameters.text('filter') ?? ''
  const limit = parameters.whole('limit') ?? services.config.max_series
  let values: readonly string[]
  if (tag === 'name') {
    const finder = await openedFinder(services)
    const names = (await finder.names(findingOf(services, call))).map(nameOfSeries)
    values = kept([...new Set(names)], filter, limit)
  } else {
    const store = await openedStore(services)
    values = await store.tagValues({ tag, prefix: filter, limit }, deadline)
  }
  if (values.length === 0)
    throw new Refusal(404, 'not_found', `Tag not found: ${tag.slice(0, 100)}`)
  return { tag, values: values.map((value) => ({ value })) }
}

function kept(
  values: readonly string[],
  prefix: string,
  limit: number,
  without: ReadonlySet<string> = new Set(),
): string[] {
  return values
    .filter((value) => value.startsWith(prefix) && !without.has(value))
    .toSorted()
    .slice(0, limit)
}

const limitOf = (parameters: Parameters) => parameters.whole('limit') ?? suggestionsDefault

function required(parameters: Parameters, name: string): string {
  const value = parameters.text(name)
  if (value === undefined) throw badRequest(`no ${name} specified`)
  return value
}

function canonical(path: string): string {
  const tags = parseTaggedName(path)
  if (!tags) throw badRequest(`Cannot parse path ${path.slice(0, 200)}`)
  const { name = '', ...others } = Object.fromEntries(tags)
  return seriesOf(name, Object.entries(others))
}
