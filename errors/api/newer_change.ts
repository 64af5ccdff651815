import type { NewerChange } from '../issues/undo.ts'
import { iso } from './asked.ts'

const said: Readonly<Record<string, string>> = {
  set_resolved: 'it was resolved',
  set_resolved_in_release: 'it was resolved in a release',
  set_resolved_in_commit: 'it was resolved in a commit',
  set_unresolved: 'it was set to unresolved',
  set_ignored: 'it was archived',
  set_regression: 'it regressed',
  set_escalating: 'it escalated',
  unassigned: 'it was assigned to nobody',
  split: 'it was split by message',
  unsplit: 'it was no longer split by message',
}

/** Why a change cannot be taken back: what changed since. */
export function newerChangeText({ kind, data, actor, atMs }: NewerChange): string {
  const what =
    kind === 'assigned'
      ? `it was assigned to ${String(data['assignee'])}`
      : kind === 'set_priority'
        ? `its priority was set to ${String(data['priority'])}`
        : (said[kind] ?? kind)
  const by = actor === undefined ? '' : ` by ${actor}`
  return `since then ${what}${by} (${iso(atMs)}): only the latest change of its kind can be taken back`
}
