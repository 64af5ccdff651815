import type { EventPart } from './events_with.ts'
import { meaningOfKey, type KeyMeaning, type TextColumn } from './keys.ts'
import { isCondition } from './is_condition.ts'
import { spanOf, type Span } from './moment.ts'
import { releaseCondition } from './release_condition.ts'
import { found, issuesHaving, SearchMeaningError, type SearchScope } from './scope.ts'
import { shortIdParts } from './short_id.ts'
import { always, every, never, not, some, textFits, textHolds, type Condition } from './sql.ts'
import { traceCondition } from './trace_condition.ts'
import { anyText, plainText, type SearchNode, type SearchTerm, type SearchValue } from './tree.ts'
import { userCondition } from './user_condition.ts'

/**
 * The condition over issues (`i`) that a search asks. Nothing of its text is in the SQL.
 *
 * @throws SearchMeaningError naming the place.
 */
export function conditionOf(node: SearchNode, scope: SearchScope): Condition {
  switch (node.kind) {
    case 'and':
      return every(node.nodes.map((each) => conditionOf(each, scope)))
    case 'or':
      return some(node.nodes.map((each) => conditionOf(each, scope)))
    case 'not':
      return not(conditionOf(node.node, scope))
    case 'text': {
      const value = { pieces: [node.text], from: node.from }
      const shown = some([textHolds('x.title', value), textHolds('x.culprit', value)])
      const inside = found({ kind: 'text', text: node.text, phrase: node.phrase }, scope)
      return some([issuesHaving('issue_texts', shown, scope), inside])
    }
    case 'term':
      return conditionOfTerm(node, scope)
  }
}

function conditionOfTerm(term: SearchTerm, scope: SearchScope): Condition {
  const meaning: KeyMeaning = term.tag ? { kind: 'tag', key: term.key } : meaningOfKey(term.key)
  const each = (one: (value: SearchValue) => Condition) => {
    if (term.operator !== '=') refuse(term, `${term.key} knows no ${term.operator}`)
    return some(term.values.map(one))
  }
  switch (meaning.kind) {
    case 'is':
      return each((value) => isCondition(plainText(value)) ?? refuse(term, unknownState(value)))
    case 'has':
      return each((value) => hasCondition(plainText(value), scope))
    case 'assigned':
      return each((value) => assigned(value, scope.actor))
    case 'bookmarks':
      return each((value) => bookmarked(plainText(value), scope.actor))
    case 'project':
      return each((value) => ofProject(value, scope.projects))
    case 'issue':
      return each((value) => ofIssue(plainText(value), scope.projects))
    case 'event':
      return each((value) => ofEvent(plainText(value)))
    case 'release':
      return releaseCondition(term, scope)
    case 'first_release':
    case 'last_release':
      return each((value) => textFits(`ifnull(i.${meaning.kind}, '')`, value))
    case 'environment':
      return each((value) => inEnvironment(value, scope))
    case 'handled':
      return each((value) => handled(term, plainText(value), scope))
    case 'time':
      return within(`i.${meaning.column}`, spanOf(term, scope.nowMs) ?? refuse(term, noTime))
    case 'number':
      return number(term, `i.${meaning.column}`)
    case 'level':
      return each((value) => textFits('i.level', value, true))
    case 'text':
      return each((value) => textOfIssue(meaning.column, value, scope))
    case 'message':
      return each((value) => {
        const shown = some([textHolds('x.title', value), textHolds('x.error_value', value)])
        return issuesHaving('issue_texts', shown, scope)
      })
    case 'error':
      return error(term, meaning.part, each, scope)
    case 'part':
      each(() => always)
      return withPart(meaning.part, term.values, scope)
    case 'trace':
      return each((value) => traceCondition(value, scope))
    case 'user':
      return each((value) => userCondition(meaning.part, value, scope))
    case 'tag':
      return each((value) => tagged(meaning.key, value, scope))
    case 'refused':
      return refuse(term, `${term.key} is not searched: ${meaning.because}`)
  }
}

function refuse(term: SearchTerm, problem: string): never {
  throw new SearchMeaningError(term.from, problem)
}

const noTime =
  'expected a time such as -24h, +14d, 2026-01-31, >2026-01-31T12:00:00 or <=2026-01-31T12:00:00Z'

const unknownState = (value: SearchValue) =>
  `there is no is:${plainText(value)}: expected unresolved, resolved, archived, ignored, assigned, unassigned, new, ongoing, regressed, escalating or for_review`

const ofIssueText = (column: string) =>
  `(select t.${column} from issue_texts t where t.issue = i.id)`

/** Columns of issues are in hand; texts are in a table of their own. */
function textOfIssue(column: TextColumn, value: SearchValue, scope: SearchScope): Condition {
  if (column === 'title' || column === 'culprit') {
    return issuesHaving('issue_texts', textFits(`x.${column}`, value, true), scope)
  }
  return textFits(ofText(column), value, true)
}

/** A text that is never null. */
function ofText(column: TextColumn): string {
  if (column === 'title' || column === 'culprit') return ofIssueText(column)
  return column === 'logger' ? `ifnull(i.logger, '')` : `i.${column}`
}

function error(
  { values }: SearchTerm,
  part: 'type' | 'value',
  each: (one: (value: SearchValue) => Condition) => Condition,
  scope: SearchScope,
): Condition {
  const shown = each((value) =>
    issuesHaving('issue_texts', textFits(`x.error_${part}`, value), scope),
  )
  return some([shown, found({ kind: 'part', of: `error.${part}`, values }, scope)])
}

function within(column: string, { fromMs, untilMs }: Span): Condition {
  return every([
    ...(fromMs === undefined ? [] : [{ sql: `${column} >= ?`, values: [fromMs] }]),
    ...(untilMs === undefined ? [] : [{ sql: `${column} < ?`, values: [untilMs] }]),
  ])
}

const multiples: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9 }

function number(term: SearchTerm, column: string): Condition {
  const comparisons = term.values.map((value) => {
    const match = /^(\d{1,15}(?:\.\d{1,6})?)([kmb]?)$/i.exec(plainText(value).trim())
    if (!match) refuse(term, `expected a number after ${term.key}:, such as 10 or >1k`)
    const wanted = Number(match[1]) * multiples[match[2]!.toLowerCase()]!
    return { sql: `${column} ${term.operator} ?`, values: [wanted] }
  })
  return some(comparisons)
}

function assigned(value: SearchValue, actor: string): Condition {
  const name = plainText(value)
  if (name === 'none' || name === '') return { sql: 'i.assignee is null', values: [] }
  const wanted = name === 'me' ? { pieces: [actor], from: value.from } : value
  return textFits(`ifnull(i.assignee, '')`, wanted, true)
}

function bookmarked(name: string, actor: string): Condition {
  const sql = 'exists (select 1 from bookmarks b where b.issue = i.id and b.actor = ?)'
  return { sql, values: [name === 'me' ? actor : name] }
}

function ofProject(value: SearchValue, projects: ReadonlyMap<string, number>): Condition {
  const name = plainText(value)
  if (/^\d{1,15}$/.test(name)) return { sql: 'i.project = ?', values: [Number(name)] }
  const id = projects.get(name)
  return id === undefined ? never : { sql: 'i.project = ?', values: [id] }
}

/** By its id, or as SHOP-1A. */
function ofIssue(name: string, projects: ReadonlyMap<string, number>): Condition {
  if (/^\d{1,15}$/.test(name)) return { sql: 'i.id = ?', values: [Number(name)] }
  const short = shortIdParts(name)
  const project = short && projects.get(short.slug)
  if (!short || project === undefined) return never
  return { sql: 'i.project = ? and i.number = ?', values: [project, short.number] }
}

function ofEvent(name: string): Condition {
  const id = name.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(id)) return never
  const sql = 'i.id in (select e.issue from events e where e.event_id = ?)'
  return { sql, values: [Buffer.from(id, 'hex')] }
}

/** An empty one: of issues that came with none. */
export function inEnvironment(value: SearchValue, scope: SearchScope): Condition {
  if (plainText(value) === '') {
    const sql = 'not exists (select 1 from issue_environments n where n.issue = i.id)'
    return { sql, values: [] }
  }
  return issuesHaving('issue_environments', textFits('x.environment', value), scope)
}

/** An empty value: of issues without a kept event that has it. */
function withPart(of: EventPart, all: readonly SearchValue[], scope: SearchScope): Condition {
  const values = all.filter((value) => plainText(value) !== '')
  const without = () => not(found({ kind: 'part', of, values: [anyText] }, scope))
  return some([
    ...(values.length > 0 ? [found({ kind: 'part', of, values }, scope)] : []),
    ...(values.length < all.length ? [without()] : []),
  ])
}

function handled(term: SearchTerm, value: string, scope: SearchScope): Condition {
  const yes = /^(?:true|1|yes)$/i.test(value)
  if (!yes && !/^(?:false|0|no)$/i.test(value)) refuse(term, 'expected true or false')
  const asked = term.key.toLowerCase() === 'error.unhandled' ? !yes : yes
  return tagged('handled', { pieces: [asked ? 'yes' : 'no'], from: term.from }, scope)
}

function tagged(key: string, value: SearchValue, scope: SearchScope): Condition {
  if (value.pieces.length === 1 && value.pieces[0] === '') return not(withTag(key))
  if (value.pieces.length > 1 && value.pieces.every((piece) => piece === '')) return withTag(key)
  const { sql, values } = textFits('x.value', value)
  return issuesHaving(
    'issue_tags',
    { sql: `x.key = ? and ${sql}`, values: [key, ...values] },
    scope,
  )
}

const withTag = (key: string): Condition => ({
  sql: 'exists (select 1 from issue_tags g where g.issue = i.id and g.key = ?)',
  values: [key],
})

function hasCondition(name: string, scope: SearchScope): Condition {
  const meaning = meaningOfKey(name)
  const sql = (text: string): Condition => ({ sql: text, values: [] })
  switch (meaning.kind) {
    case 'assigned':
      return sql('i.assignee is not null')
    case 'bookmarks':
      return sql('exists (select 1 from bookmarks b where b.issue = i.id)')
    case 'release':
    case 'first_release':
    case 'last_release':
      return sql('i.last_release is not null')
    case 'environment':
      return sql('exists (select 1 from issue_environments n where n.issue = i.id)')
    case 'user':
      return sql('exists (select 1 from issue_users u where u.issue = i.id)')
    case 'handled':
      return withTag('handled')
    case 'error':
      return sql(`${ofIssueText(`error_${meaning.part}`)} <> ''`)
    case 'text':
      return sql(`${ofText(meaning.column)} <> ''`)
    case 'part':
      if (meaning.part.startsWith('stack.'))
        return sql(`${ofIssueText('filename')} <> '' or ${ofIssueText('function')} <> ''`)
      return withPart(meaning.part, [anyText], scope)
    case 'trace':
      return traceCondition(anyText, scope)
    case 'tag':
      return withTag(meaning.key)
    default:
      // Every issue has it: a level, a project, times.
      return meaning.kind === 'refused' ? never : always
  }
}
