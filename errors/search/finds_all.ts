import { type KeyMeaning, meaningOfKey } from './keys.ts'
import { plainText, type SearchNode, type SearchTerm, type SearchValue } from './tree.ts'

/**
 * Whether a search leaves nothing out for what it says, whatever issues there are: an empty one, `*`, `""`, `title:*`,
 * `has:level`, or one of them beside `OR`.
 */
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
      return termFindsAll(node)
  }
}

function findsNone(node: SearchNode): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.some(findsNone)
    case 'or':
      return node.nodes.every(findsNone)
    case 'not':
      return findsAll(node.node)
    case 'text':
      return false
    case 'term':
      return !node.tag && isFilled(meaningOfKey(node.key)) && node.values.every(isEmpty)
  }
}

function termFindsAll({ key, tag, values }: SearchTerm): boolean {
  if (tag) return false
  const meaning = meaningOfKey(key)
  if (meaning.kind !== 'has') return fitsAnyText(meaning) && values.some(isAnyText)
  return values.some((value) => {
    const had = meaningOfKey(plainText(value))
    return isFilled(had) || ofEveryIssue.has(had.kind)
  })
}

const isEmpty = ({ pieces }: SearchValue) => pieces.length === 1 && pieces[0] === ''
const isAnyText = ({ pieces }: SearchValue) =>
  pieces.length > 1 && pieces.every((each) => each === '')

/** What is no text, and every issue has (`conditionOf`). */
const ofEveryIssue = new Set<KeyMeaning['kind']>([
  'is',
  'has',
  'project',
  'issue',
  'event',
  'time',
  'number',
  'message',
])

/** A text that no issue is without. */
const isFilled = (meaning: KeyMeaning): boolean =>
  meaning.kind === 'level' ||
  (meaning.kind === 'text' && ['title', 'type', 'platform', 'priority'].includes(meaning.column))

/** A text that is compared also where an issue has none: a star fits it then, too. */
const fitsAnyText = ({ kind }: KeyMeaning): boolean =>
  ['level', 'text', 'message', 'error', 'first_release', 'last_release', 'assigned'].includes(kind)
