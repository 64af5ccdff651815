import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { shortIdOf } from '../issues/state.ts'
import { meaningOfKey } from '../search/keys.ts'
import type { SearchNode } from '../search/tree.ts'
import type { Asked, Row } from './asked.ts'
import { invalid } from './web_request.ts'

/** What all events of an issue have in common, so that its exact counts can be grouped by it. */
const attributes: Readonly<Record<string, (row: Row, asked: Asked) => JsonValue>> = {
  title: (row) => String(row['title']),
  culprit: (row) => String(row['culprit']),
  issue: (row, asked) =>
    shortIdOf(asked.project(Number(row['project'])).slug, Number(row['number'])),
  'issue.id': (row) => Number(row['id']),
  project: (row, asked) => asked.project(Number(row['project'])).slug,
  'project.name': (row, asked) => asked.project(Number(row['project'])).slug,
  'project.id': (row) => Number(row['project']),
  level: (row) => String(row['level']),
  platform: (row) => String(row['platform']),
  'event.type': (row) => String(row['type']),
  'error.type': (row) => String(row['error_type']),
  'error.value': (row) => String(row['error_value']),
}

export const elsewhere =
  'ask the store, /es/errors-*/_search, where every event is (docs/ELASTICSEARCH_API.md)'

/** @throws WebRefusal 400 for a field that events of one issue differ in. */
export function attributesOf(names: readonly string[]): (row: Row, asked: Asked) => JsonRecord {
  for (const name of names) {
    if (Object.hasOwn(attributes, name)) continue
    throw invalid(
      `field: counts are kept by issue, not by "${name.slice(0, 60)}": expected ${Object.keys(attributes).join(', ')}, or ${elsewhere}`,
    )
  }
  return (row, asked) =>
    Object.fromEntries(names.map((name) => [name, attributes[name]!(row, asked)]))
}

const ofEvents = new Set([
  'release',
  'environment',
  'user',
  'tag',
  'stack',
  'event',
  'has',
  'handled',
])

/** Counts of issues answer only what is asked of issues. @throws WebRefusal 400 for what events of one differ in. */
export function checkAsksIssues(node: SearchNode): void {
  switch (node.kind) {
    case 'and':
    case 'or':
      for (const each of node.nodes) checkAsksIssues(each)
      return
    case 'not':
      return checkAsksIssues(node.node)
    case 'text':
      throw notByIssue('words')
    case 'term':
      if (node.tag || ofEvents.has(meaningOfKey(node.key).kind)) throw notByIssue(`${node.key}:`)
  }
}

const notByIssue = (what: string) =>
  invalid(`query: counts are kept by issue, which ${what} does not tell apart: ${elsewhere}`)
