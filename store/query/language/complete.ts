import { tokenize, type Mode, type Token } from './tokens.ts'

/** What an editor offers at the cursor. */
export interface Completion {
  /** UTF-16 offsets of what the chosen candidate replaces. */
  readonly from: number
  readonly to: number
  readonly candidates: readonly Candidate[]
}

export interface Candidate {
  readonly kind: 'field' | 'operator' | 'value'
  /** What is put in, quoted or escaped where it has to be. */
  readonly text: string
  /** What is shown, when that is not `text`. */
  readonly label?: string
}

/** What there is to offer; `prefix` is what stands before the cursor, unescaped and lower-cased. */
export interface Vocabulary {
  fields(prefix: string): readonly string[] | Promise<readonly string[]>
  /** Values of a field, the frequent ones first. */
  values(field: string, prefix: string): readonly string[] | Promise<readonly string[]>
}

const maxCandidates = 50
const operators = ['AND', 'OR', 'NOT']

/**
 * What may come at `cursor`, whatever the text is: fields and NOT where something begins, values behind
 * `field:`, AND and OR behind what is complete.
 */
export async function complete(
  text: string,
  cursor: number,
  vocabulary: Vocabulary,
  mode: Mode = 'weir',
): Promise<Completion> {
  const at = Math.max(0, Math.min(text.length, Number.isInteger(cursor) ? cursor : text.length))
  const { tokens } = tokenize(text, mode)
  const index = tokens.findIndex(({ kind, from, to }) => kind !== 'end' && from < at && at <= to)
  const token = tokens[index]
  const isWord = token && (isTextual(token) || isOperator(token))
  const before = tokens.filter(
    ({ from, to, kind }) => kind !== 'end' && to <= (isWord ? token.from : at) && from < at,
  )
  const from = isWord ? token.from : at
  const to = isWord ? token.to : at
  const prefix = text
    .slice(from, at)
    .replace(/^"/, '')
    .replaceAll(/\\([^])/g, '$1')
    .toLowerCase()
  // Within a range, a regular expression or the like there is nothing to offer.
  if (token && !isWord && at < token.to) return { from: at, to: at, candidates: [] }
  const field = fieldBefore(before)
  const candidates =
    field === undefined
      ? await beginnings(prefix, before.at(-1), from < at, vocabulary)
      : await valuesOf(field, prefix, vocabulary)
  return { from, to, candidates: candidates.slice(0, maxCandidates) }
}

const isTextual = ({ kind }: Token): boolean => kind === 'word' || kind === 'quoted'
const isOperator = (token: Token): boolean =>
  (token.kind === 'and' || token.kind === 'or' || token.kind === 'not') && token.to - token.from > 1

/** The field whose value is next, also within `field:(a OR …`. */
function fieldBefore(before: readonly Token[]): string | undefined {
  const last = before.at(-1)
  const named = before.at(-2)
  if ((last?.kind === 'colon' || last?.kind === 'comparison') && named?.kind === 'word')
    return plain(named)
  if (last?.kind === 'comparison' && named?.kind === 'colon')
    return fieldBefore(before.slice(0, -1))
  let depth = 0
  for (let at = before.length - 1; at >= 0; at--) {
    const { kind } = before[at]!
    if (kind === 'close') depth++
    if (kind !== 'open') continue
    if (depth > 0) {
      depth--
      continue
    }
    const name = before[at - 2]
    const isField = before[at - 1]?.kind === 'colon' && name?.kind === 'word'
    return isField && !isComplete(last) ? plain(name) : undefined
  }
  return undefined
}

const plain = (token: Token): string =>
  'text' in token ? token.text.replaceAll(/\\([^])/g, '$1') : ''

/** Whether an operator may follow. */
const isComplete = (token: Token | undefined): boolean =>
  token !== undefined &&
  ['word', 'quoted', 'regexp', 'range', 'close', 'boost', 'tilde'].includes(token.kind)

async function beginnings(
  prefix: string,
  last: Token | undefined,
  isTyped: boolean,
  vocabulary: Vocabulary,
): Promise<Candidate[]> {
  const offered = isComplete(last) ? operators : ['NOT']
  const fitting = offered
    .filter((each) => each.toLowerCase().startsWith(prefix) && (isTyped || isComplete(last)))
    .map((each): Candidate => ({ kind: 'operator', text: each }))
  const names = await vocabulary.fields(prefix)
  const fields = names.map((name): Candidate => ({
    kind: 'field',
    text: `${escaped(name)}:`,
    label: name,
  }))
  return isComplete(last) && !isTyped ? [...fitting, ...fields] : [...fields, ...fitting]
}

async function valuesOf(
  field: string,
  prefix: string,
  vocabulary: Vocabulary,
): Promise<Candidate[]> {
  const values = await vocabulary.values(field, prefix)
  return values.map((value) => ({ kind: 'value', text: quotedIfNeeded(value), label: value }))
}

const escaped = (name: string): string => name.replaceAll(/[^\p{L}\p{N}_.@-]|^-/gu, '\\$&')

function quotedIfNeeded(value: string): string {
  if (/^[\p{L}\p{N}_.@][\p{L}\p{N}_.@-]*$/u.test(value) && !/^(?:and|or|not)$/i.test(value))
    return value
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}
