import { plainText, type SearchNode } from './tree.ts'

/** Of issues. */
export const statuses = ['unresolved', 'resolved', 'ignored'] as const
type Status = (typeof statuses)[number]

/** States that only issues of one status are in. */
const statusOf: ReadonlyMap<string, Status> = new Map([
  ['unresolved', 'unresolved'],
  ['resolved', 'resolved'],
  ['ignored', 'ignored'],
  ['archived', 'ignored'],
  ['muted', 'ignored'],
  ['new', 'unresolved'],
  ['ongoing', 'unresolved'],
  ['regressed', 'unresolved'],
  ['escalating', 'unresolved'],
  ['for_review', 'unresolved'],
])

/** Statuses that issues which fit can have: a list is then read in the order of an index, status by status. */
export function statusesOf(node: SearchNode): readonly Status[] {
  if (node.kind === 'and') {
    return node.nodes.reduce<readonly Status[]>(
      (left, each) => left.filter((status) => statusesOf(each).includes(status)),
      statuses,
    )
  }
  if (node.kind === 'or') {
    return statuses.filter((status) => node.nodes.some((each) => statusesOf(each).includes(status)))
  }
  if (node.kind !== 'term' || node.tag || node.key.toLowerCase() !== 'is') return statuses
  const named = node.values.map((value) => statusOf.get(plainText(value).toLowerCase()))
  return named.includes(undefined) ? statuses : statuses.filter((status) => named.includes(status))
}
