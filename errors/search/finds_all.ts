import type { SearchNode } from './tree.ts'

/** Whether a search leaves nothing out for what it says: an empty one, `*`, `""`, or one of them beside `OR`. */
export function findsAll(node: SearchNode): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.every(findsAll)
    case 'or':
      return node.nodes.some(findsAll)
    case 'not':
      return findsNone(node.node)
    case 'text':
      return node.text.trim() === ''
    case 'term':
      return false
  }
}

function findsNone(node: SearchNode): boolean {
  if (node.kind === 'not') return findsAll(node.node)
  if (node.kind === 'or') return node.nodes.every(findsNone)
  return node.kind === 'and' && node.nodes.some(findsNone)
}
