import type { SearchValue } from './tree.ts'

/** What is looked for in the bodies of kept events. */
export type EventQuestion =
  /** Each word somewhere in the event, the last may go on; a phrase word by word in one text. */
  | { readonly kind: 'text'; readonly text: string; readonly phrase: boolean }
  /** One of the values fits one of the texts that `of` names. */
  | { readonly kind: 'part'; readonly of: EventPart; readonly values: readonly SearchValue[] }

/** Texts of an event that are not counted by value, only kept. */
export type EventPart =
  | 'error.type'
  | 'error.value'
  | 'stack.filename'
  | 'stack.function'
  | 'stack.module'
  | 'http.method'
  | 'sdk.name'
  | 'sdk.version'
  | 'user.email'
  | 'user.username'
  | 'user.ip_address'

/** Ids of the issues that have a kept event that fits. */
export type IssuesWithEvents = (question: EventQuestion) => readonly number[]

/** Column of event_words in which the words of a part are; undefined: it is in bodies only. */
function columnOf(part: EventPart): string | undefined {
  if (part.startsWith('stack.')) return 'frames'
  if (part.startsWith('user.')) return 'user'
  if (part.startsWith('sdk.')) return undefined
  if (part === 'http.method') return 'request'
  return part === 'error.type' ? 'type' : 'message'
}

/**
 * What to give FTS5 so that it finds every event that can fit, and maybe others; undefined when it cannot narrow
 * anything down. Only words are taken of which SQLite's tokenizer (unicode61) and this agree where they begin and
 * end; the index knows no places, so that words of a phrase are looked for one by one.
 */
export function matchExpression(question: EventQuestion): string | undefined {
  if (question.kind === 'text') return expressionOf([question.text], !question.phrase)
  const column = columnOf(question.of)
  if (column === undefined) return undefined
  const each = question.values.map(({ pieces }) => expressionOf(pieces, false))
  if (each.includes(undefined)) return undefined
  return `{${column}} : (${each.map((words) => `(${words})`).join(' OR ')})`
}

/** @param goesOn the last word may be the beginning of one. */
function expressionOf(pieces: readonly string[], goesOn: boolean): string | undefined {
  const words: string[] = []
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1
    for (const { 0: word, index: at } of piece.matchAll(wordPattern)) {
      // Behind a star it may be the end of a longer word, of which the index knows nothing.
      if ((at === 0 && index > 0) || !isPlain(piece, at, word)) continue
      const isCut = at + word.length === piece.length && (!isLast || goesOn)
      words.push(`"${word}"${isCut ? '*' : ''}`)
    }
  }
  return words.length === 0 ? undefined : words.slice(0, maxWords).join(' AND ')
}

const maxWords = 32
const wordPattern = /[\p{L}\p{N}_]+/gu

/** Letters of which all versions of Unicode say the same, with no marks beside them. */
function isPlain(text: string, at: number, word: string): boolean {
  if (!/^[\w\u00c0-\u024f\u0391-\u03c9\u0410-\u044f\u4e00-\u9fa5]+$/.test(word)) return false
  const behind = text.slice(at + word.length, at + word.length + 1)
  const before = at === 0 ? '' : text[at - 1]!
  return !/[^\u0000-\u007f]/.test(before) && !/[^\u0000-\u007f]/.test(behind)
}

/** Whether a text fits a value: pieces in their order, letters of ASCII in any case where there are stars. */
export function fits({ pieces }: SearchValue, text: string): boolean {
  if (pieces.length === 1) return pieces[0] === text
  return fitsPieces(pieces.map(lowerAscii), lowerAscii(text))
}

/** As SQLite's LIKE has it. */
export const lowerAscii = (text: string): string =>
  text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())

function fitsPieces(pieces: readonly string[], text: string): boolean {
  const first = pieces[0]!
  const last = pieces.at(-1)!
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
