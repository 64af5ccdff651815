import { SearchError, type JsonRecord, type JsonValue } from '../search.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { aliasesOf } from './index_routes.ts'
import { isRecord, parseRecord, parseRequired } from './request_body.ts'
import { acknowledged, type Answer, type Call, type Route } from './route.ts'
import { namePattern } from './name_pattern.ts'

const verbs = new Set(['add', 'remove', 'remove_index'])
const aliasKeys = new Set([
  'filter',
  'is_write_index',
  'is_hidden',
  'routing',
  'index_routing',
  'search_routing',
])

interface Change {
  readonly verb: string
  readonly indices: readonly string[]
  readonly aliases: readonly string[]
  readonly given: JsonRecord
  readonly mustExist: boolean
}

async function change(call: Call): Promise<Answer> {
  const { actions } = parseRequired(call.body)
  if (!Array.isArray(actions) || actions.length === 0) {
    const text = 'Validation Failed: 1: Must specify at least one alias action;'
    throw new SearchError(400, 'action_request_validation_exception', text)
  }
  // All are read before the first is done, so that a mistake changes nothing.
  const changes = actions.map(changeOf)
  for (const each of changes) await apply(call, each)
  return acknowledged
}

function changeOf(action: JsonValue): Change {
  const [verb, given] = isRecord(action) ? (Object.entries(action)[0] ?? []) : []
  if (verb === undefined || !verbs.has(verb) || !isRecord(given)) {
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
  return { verb, indices: names, aliases: called, given: rest, mustExist: mustExist !== false }
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

async function apply({ api }: Call, change: Change): Promise<void> {
  const { verb, aliases, given, mustExist } = change
  const indices = await api.indices.find(change.indices.join(','), { allowNoIndices: false })
  if (verb === 'remove_index') {
    for (const { name } of indices) await api.indices.delete(name)
    return
  }
  if (verb === 'add') {
    for (const { name } of indices) {
      for (const alias of aliases) await api.indices.changeAlias(name, alias, given)
    }
    return
  }
  let removed = 0
  for (const { name, aliases: own } of indices) {
    const gone = Object.keys(own).filter((alias) =>
      aliases.some((each) => namePattern(each).test(alias)),
    )
    for (const alias of gone) await api.indices.changeAlias(name, alias, undefined)
    removed += gone.length
  }
  if (removed === 0 && mustExist) throw missing(aliases.join(','))
}

const missing = (alias: string) =>
  new SearchError(404, 'aliases_not_found_exception', `aliases [${alias}] missing`, {
    'resource.type': 'aliases',
    'resource.id': alias,
  })

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
  const given = parseRecord(call.body)
  checkAlias(given)
  const { index, name } = call.place
  const aliases = [name!]
  await apply(call, { verb: 'add', indices: [index!], aliases, given, mustExist: true })
  return acknowledged
}

async function remove(call: Call): Promise<Answer> {
  const { index, name } = call.place
  const aliases = name!.split(',')
  await apply(call, { verb: 'remove', indices: [index!], aliases, given: {}, mustExist: true })
  return acknowledged
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
