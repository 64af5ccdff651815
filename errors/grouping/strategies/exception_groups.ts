import type { SentryException } from '../../event/sentry_event.ts'

/** The exceptions of an event that make its group, and which of them it is called by. */
export interface Relevant {
  readonly exceptions: readonly SentryException[]
  /** Where it is another than the last. */
  readonly main?: SentryException
}

interface Node {
  readonly exception: SentryException
  readonly children: Node[]
}

/**
 * Exception groups (Python's ExceptionGroup, JavaScript's AggregateError, .NET's AggregateException; Sentry's RFC 79):
 * a group of one failure, however often, is that failure; one of several is one of each, and the group. What is no
 * such tree stays as it is.
 * @param textOf what an exception contributes, by which two are the same
 */
export function relevantExceptions(
  exceptions: readonly SentryException[],
  textOf: (exception: SentryException) => string,
): Relevant {
  const root = treeOf(exceptions)
  if (!root) return { exceptions }
  const distinct = new Map<string, Node>()
  for (const node of topLevel(root)) {
    const text = textOf(node.exception)
    if (!distinct.has(text)) distinct.set(text, node)
  }
  if (distinct.size === 0) return { exceptions }
  const [only] = distinct.values()
  if (distinct.size === 1 && only) {
    const path = firstPath(only)
    return { exceptions: exceptions.filter((one) => path.has(one)), main: only.exception }
  }
  const kept = [...distinct]
    .toSorted(([a, { exception: one }], [b, { exception: other }]) => {
      return descending(one.type ?? '', other.type ?? '') || descending(a, b)
    })
    .map(([, { exception }]) => exception)
  return { exceptions: [...kept, root.exception], main: root.exception }
}

const descending = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0)

/** The tree's root; undefined unless ids and parents make one tree, with a group in it. */
function treeOf(exceptions: readonly SentryException[]): Node | undefined {
  if (exceptions.length < 2) return undefined
  if (!exceptions.some((one) => one.mechanism?.is_exception_group === true)) return undefined
  const nodes = new Map<number, Node>()
  for (const exception of exceptions) {
    const id = exception.mechanism?.exception_id
    if (id === undefined || nodes.has(id) || exception.mechanism?.parent_id === id) return undefined
    nodes.set(id, { exception, children: [] })
  }
  const root = nodes.get(0)
  for (const [id, node] of nodes) {
    if (id === 0) continue
    const parent = nodes.get(node.exception.mechanism?.parent_id ?? -1)
    if (!parent) return undefined
    parent.children.push(node)
  }
  if (!root || root.exception.mechanism?.parent_id !== undefined) return undefined
  // SDKs list the outermost last, so that its first child comes behind the others.
  for (const { children } of nodes.values()) children.sort((a, b) => idOf(a) - idOf(b))
  return reachable(root) === nodes.size ? root : undefined
}

const idOf = (node: Node) => node.exception.mechanism?.exception_id ?? 0

function reachable(root: Node): number {
  const waiting = [root]
  let count = 0
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    count++
    waiting.push(...node.children)
  }
  return count
}

/** What failed: children of groups that are no groups themselves. */
function topLevel(root: Node): Node[] {
  const waiting = [root]
  const found: Node[] = []
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.exception.mechanism?.is_exception_group === true) {
      waiting.push(...node.children.toReversed())
    } else found.push(node)
  }
  return found
}

function firstPath(from: Node): ReadonlySet<SentryException> {
  const path = new Set<SentryException>()
  for (let node: Node | undefined = from; node; node = node.children[0]) path.add(node.exception)
  return path
}
