import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { aliasChanges, type AliasAction } from './alias_changes.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { aliasesOf } from './index_routes.ts'
import { isRecord, parseQuestion, parseRequired } from './request_body.ts'
import type { Answer, Call, Route } from './route.ts'
import { namePattern } from './name_pattern.ts'

const isVerb = (text: string | undefined): text is AliasAction['verb'] =>
  text === 'add' || text === 'remove' || text === 'remove_index'

const aliasKeys = new Set([
  'filter',
  'is_write_index',
  'is_hidden',
  'routing',
  'index_routing',
  'search_routing',
])

async function change(call: Call): Promise<Answer> {
  const { actions } = parseRequired(call.body, parseQuestion)
  if (!Array.isArray(actions) || actions.length === 0) {
    const text = 'Validation Failed: 1: Must specify at least one alias action;'
    throw new SearchError(400, 'action_request_validation_exception', text)
  }
  return await apply(call, actions.map(actionOf))
}

function actionOf(action: JsonValue): AliasAction {
  const [verb, given] = isRecord(action) ? (Object.entries(action)[0] ?? []) : []
  if (!isVerb(verb) || !isRecord(given)) {
    throw illegalArgument(
      'an alias action is one of [add], [remove] and [remove_index], with an object',
    )
  }
  const { index, indices, alias, aliases, must_exist: mustExist, ...rest } = given
  const names = [...textsOf(index), ...textsOf(indices)]
  const called = [...textsOf(alias), ...textsOf(aliases)]
  if (names.length === 0) throw illegalArgument('One of [index] or [indices] is required')
  if (called.length === 0 && verb !== 'remove_index') {
    throw illegalArgument('One of [alias] or [aliases] is required')
  }
  checkAlias(rest)
  return { verb, indices: names, aliases: called, given: rest, mustExist: mustExistOf(mustExist) }
}

function checkAlias(given: JsonRecord): void {
  for (const key of Object.keys(given)) {
    if (aliasKeys.has(key)) continue
    throw new SearchError(
      400,
      'x_content_parse_exception',
      `[1:1] [alias_action] unknown field [${key}]`,
    )
  }
  if (given['filter'] !== undefined && !isRecord(given['filter'])) {
    throw illegalArgument('[filter] of an alias has to be a query')
  }
}

const mustExistOf = (value: JsonValue | undefined): boolean | undefined =>
  value === undefined || value === null ? undefined : String(value) === 'true'

async function apply({ api }: Call, actions: readonly AliasAction[]): Promise<Answer> {
  const nowMs = api.services.clock.now()
  const { results } = await api.indices.changeAliases((all) => aliasChanges(actions, all, nowMs))
  const errors = results.some(({ status }) => status !== 200)
  return { body: { acknowledged: true, errors, ...(errors && { action_results: [...results] }) } }
}

function textsOf(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}

async function read({ api, place }: Call): Promise<Answer> {
  const patterns = place['name']?.split(',')
  const body: JsonRecord = {}
  const seen = new Set<string>()
  for (const index of await api.indices.find(place['index'] ?? '_all')) {
    const all = aliasesOf(index)
    const names = Object.keys(all).filter(
      (alias) =>
        !patterns || patterns.some((each) => each === '_all' || namePattern(each).test(alias)),
    )
    if (patterns && names.length === 0) continue
    for (const name of names) seen.add(name)
    body[index.name] = { aliases: Object.fromEntries(names.map((name) => [name, all[name]!])) }
  }
  const absent = (patterns ?? []).filter((each) => !/[*]|^_all$/.test(each) && !seen.has(each))
  if (absent.length === 0) return { body }
  const error = `alias${absent.length > 1 ? 'es' : ''} [${absent.toSorted().join(',')}] missing`
  return { status: 404, body: { error, status: 404, ...body } }
}

async function put(call: Call): Promise<Answer> {
  const given = parseQuestion(call.body)
  checkAlias(given)
  const { index, name } = call.place
  const aliases = [name!]
  return await apply(call, [
    { verb: 'add', indices: [index!], aliases, given, mustExist: undefined },
  ])
}

async function remove(call: Call): Promise<Answer> {
  const { index, name } = call.place
  const aliases = name!.split(',')
  return await apply(call, [
    { verb: 'remove', indices: [index!], aliases, given: {}, mustExist: true },
  ])
}

const one = ['/:index/_alias/:name', '/:index/_aliases/:name']

/** Other names of indices. */
export const aliasRoutes: readonly Route[] = [
  { methods: ['POST'], paths: ['/_aliases'], scope: 'admin', handle: change },
  {
    methods: ['GET', 'HEAD'],
    paths: ['/_alias', '/_aliases', '/_alias/:name', '/:index/_alias', '/:index/_alias/:name'],
    scope: 'read',
    handle: read,
  },
  { methods: ['PUT', 'POST'], paths: one, scope: 'admin', handle: put },
  { methods: ['DELETE'], paths: one, scope: 'admin', handle: remove },
]
