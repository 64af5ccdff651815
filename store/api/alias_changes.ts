import type { IndexMetadata } from '../catalogue.ts'
import { SearchError, type JsonRecord } from '../search.ts'
import { causeOf, indexNotFound } from './elasticsearch_error.ts'
import { checkIndexName } from './index_name.ts'
import { namePattern } from './name_pattern.ts'
import { resolveTarget, type Known } from './targets.ts'

/** One action of `POST _aliases`. */
export interface AliasAction {
  readonly verb: 'add' | 'remove' | 'remove_index'
  /** Names or patterns, as the client wrote them. */
  readonly indices: readonly string[]
  /** Those to remove may be patterns. */
  readonly aliases: readonly string[]
  readonly given: JsonRecord
  /** Undefined: an alias to remove may be missing as long as the request does anything at all. */
  readonly mustExist: boolean | undefined
}

/** What a request changes: all of it, or nothing. */
export interface AliasChanges {
  /** Names of indices. */
  readonly deleted: ReadonlySet<string>
  /** In the order in which they are to be made. */
  readonly edits: readonly AliasEdit[]
  /** Of each action, as Elasticsearch 8 answers it. */
  readonly results: readonly AliasResult[]
}

/** 404 where an alias to remove is missing. */
interface AliasResult extends JsonRecord {
  action: JsonRecord
  status: number
}

interface AliasEdit {
  readonly index: string
  readonly alias: string
  /** Undefined takes the alias away. */
  readonly given: JsonRecord | undefined
}

/**
 * What actions come to. As in Elasticsearch all names mean what they mean before the first is done, and
 * indices are deleted before aliases are changed, wherever in the request that stands.
 *
 * @throws SearchError when one of them cannot be done.
 */
export function aliasChanges(
  actions: readonly AliasAction[],
  all: ReadonlyMap<string, Known>,
  nowMs: number,
): AliasChanges {
  const deleted = new Set<string>()
  const edits: AliasEdit[] = []
  const forgiving = new Set<string>()
  const results: AliasResult[] = []
  for (const action of actions) {
    const indices = resolveTarget(action.indices.join(','), [...all.values()], {
      allowNoIndices: false,
      nowMs,
    }).map(({ name }) => all.get(name)!)
    let failure: SearchError | undefined
    if (action.verb === 'remove_index') for (const { name } of indices) deleted.add(name)
    else if (action.verb === 'add') edits.push(...added(action, indices))
    else {
      const gone = removed(action, indices)
      if (gone.length === 0) failure = missing(action.aliases)
      if (failure && action.mustExist === true) throw failure
      if (action.mustExist === false) for (const { name } of indices) forgiving.add(name)
      edits.push(...gone)
    }
    results.push(resultOf(action, indices, failure))
  }
  if (edits.length === 0 && deleted.size === 0 && forgiving.size === 0) {
    throw missing(actions.flatMap(({ aliases }) => aliases))
  }
  // An alias that need not be there is looked for once the indices are deleted.
  for (const name of forgiving) if (deleted.has(name)) throw indexNotFound(name)
  checkNames(edits, deleted, all)
  return { deleted, edits, results }
}

function resultOf(
  { verb, aliases }: AliasAction,
  indices: readonly Known[],
  failure: SearchError | undefined,
): AliasResult {
  const names = indices.map(({ name }) => name)
  const action = { type: verb, indices: names, aliases: [...aliases] }
  if (!failure) return { action, status: 200 }
  const { status, error } = causeOf(failure)
  const { root_cause: _, ...cause } = error
  return { action, status, error: cause }
}

const added = ({ aliases, given }: AliasAction, indices: readonly Known[]): AliasEdit[] =>
  indices.flatMap(({ name: index }) => aliases.map((alias) => ({ index, alias, given })))

function removed({ aliases }: AliasAction, indices: readonly Known[]): AliasEdit[] {
  const patterns = aliases.map((alias) => namePattern(alias))
  return indices.flatMap(({ name: index, aliases: own }) =>
    Object.keys(own)
      .filter((alias) => patterns.some((pattern) => pattern.test(alias)))
      .map((alias) => ({ index, alias, given: undefined })),
  )
}

function checkNames(
  edits: readonly AliasEdit[],
  deleted: ReadonlySet<string>,
  all: ReadonlyMap<string, Known>,
): void {
  for (const { index, alias, given } of edits) {
    if (deleted.has(index)) throw indexNotFound(index)
    if (!given) continue
    checkIndexName(alias)
    if (!all.has(alias) || deleted.has(alias)) continue
    const text = `Invalid alias name [${alias}]: an index or data stream exists with the same name as the alias`
    throw new SearchError(400, 'invalid_alias_name_exception', text, { index: alias })
  }
}

/**
 * An alias that has several already, kept by a Weir that did not look, holds no other change up.
 *
 * @throws SearchError 500, as Elasticsearch answers, when an alias gets a second index to write to.
 */
export function checkWriteIndices(
  before: Iterable<IndexMetadata>,
  after: Iterable<IndexMetadata>,
): void {
  const known = writeIndices(before)
  for (const [alias, names] of writeIndices(after)) {
    if (names.length <= Math.max(1, known.get(alias)?.length ?? 0)) continue
    const text = `alias [${alias}] has more than one write index [${names.toSorted().join(',')}]`
    throw new SearchError(500, 'illegal_state_exception', text)
  }
}

function writeIndices(indices: Iterable<IndexMetadata>): Map<string, string[]> {
  const writers = new Map<string, string[]>()
  for (const { name, aliases } of indices) {
    for (const [alias, { isWriteIndex }] of Object.entries(aliases)) {
      if (isWriteIndex) writers.set(alias, [...(writers.get(alias) ?? []), name])
    }
  }
  return writers
}

const missing = (names: readonly string[]) => {
  const text = `aliases [${names.join(', ')}] missing`
  return new SearchError(404, 'aliases_not_found_exception', text, {
    'resource.type': 'aliases',
    'resource.id': names.length === 1 ? names[0]! : [...names],
  })
}
