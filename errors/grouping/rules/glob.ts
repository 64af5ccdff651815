/** How a glob of a name is read. */
export interface GlobOptions {
  readonly ignoreCase?: boolean
}

type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'set'; readonly characters: string; readonly negated: boolean }
  | { readonly kind: 'many'; readonly crosses: boolean }

/**
 * A glob as Sentry's rules have them: `*` any text, `?` one character, `[abc]`, `[a-z]`, `[!abc]`. Takes time in proportion
 * to both lengths, whatever the pattern.
 */
export function globFits(pattern: string, options: GlobOptions = {}): (text: string) => boolean {
  if (!options.ignoreCase) return fitsTokens(tokensOf(pattern, false))
  const fits = fitsTokens(tokensOf(pattern.toLowerCase(), false))
  return (text) => fits(text.toLowerCase())
}

/** A path as globs are tried on it: in small letters, with `/`. */
export interface FoldedPath {
  readonly plain: string
  /** With a `/` at its beginning. */
  readonly rooted: string
}

export function foldPath(path: string): FoldedPath {
  const plain = path.replaceAll('\\', '/').toLowerCase()
  return { plain, rooted: plain.startsWith('/') ? plain : `/${plain}` }
}

/** A glob of paths, in which `*` stops at `/` and `**` does not; a relative path fits as if it began with `/`, too. */
export function pathGlobFits(pattern: string): (path: FoldedPath) => boolean {
  const folded = pattern.replaceAll('\\', '/').toLowerCase()
  const fits = fitsTokens(tokensOf(folded, true))
  if (/^(?:\/|\*\*+\/)/.test(folded)) return ({ rooted }) => fits(rooted)
  if (!/^[*?[]/.test(folded)) return ({ plain }) => fits(plain)
  return ({ plain, rooted }) => fits(plain) || fits(rooted)
}

function fitsTokens(tokens: readonly Token[]): (text: string) => boolean {
  const simple = simpleFits(tokens)
  if (simple) return simple
  // Most texts fit no rule: what has to be in them somewhere tells that at once.
  const needed = longestText(tokens)
  return (text) => text.includes(needed) && statesFit(tokens, text)
}

function tokensOf(pattern: string, path: boolean): Token[] {
  const tokens: Token[] = []
  let text = ''
  const push = (token: Token) => {
    if (text !== '') tokens.push({ kind: 'text', text })
    text = ''
    tokens.push(token)
  }
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!
    if (character === '*') {
      const start = at
      while (pattern[at + 1] === '*') at++
      push({ kind: 'many', crosses: !path || at > start })
    } else if (character === '?') {
      push({ kind: 'one' })
    } else if (character === '[') {
      const opening = /^\[[!^]?\]?/.exec(pattern.slice(at, at + 3))![0].length
      const end = pattern.indexOf(']', at + opening)
      if (end < 0) text += character
      else {
        push(setOf(pattern.slice(at + 1, end)))
        at = end
      }
    } else text += character
  }
  if (text !== '') tokens.push({ kind: 'text', text })
  return tokens
}

function setOf(inside: string): Token {
  const negated = inside.startsWith('!') || inside.startsWith('^')
  const source = negated ? inside.slice(1) : inside
  let characters = ''
  for (let at = 0; at < source.length; at++) {
    const [from, to] = [source.charCodeAt(at), source.charCodeAt(at + 2)]
    if (source[at + 1] === '-' && to >= from && to - from < 256) {
      for (let code = from; code <= to; code++) characters += String.fromCharCode(code)
      at += 2
    } else characters += source[at]
  }
  return { kind: 'set', characters, negated }
}

/** Patterns such as `abc`, `abc*`, `*abc` and `*abc*`, which most are. */
function simpleFits(tokens: readonly Token[]): ((text: string) => boolean) | undefined {
  const texts = tokens.filter((token) => token.kind === 'text')
  const wild = tokens.filter((token) => token.kind !== 'text')
  if (wild.some((token) => token.kind !== 'many' || !token.crosses)) return undefined
  if (texts.length === 0) return wild.length > 0 ? () => true : (text) => text === ''
  if (texts.length > 1) return undefined
  const [wanted] = texts.map((token) => token.text)
  if (wanted === undefined) return undefined
  const [open, close] = [tokens[0]!.kind === 'many', tokens.at(-1)!.kind === 'many']
  if (open && close) return (text) => text.includes(wanted)
  if (open) return (text) => text.endsWith(wanted)
  if (close) return (text) => text.startsWith(wanted)
  return (text) => text === wanted
}

function longestText(tokens: readonly Token[]): string {
  const texts = tokens.map((token) => (token.kind === 'text' ? token.text : ''))
  return texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '')
}

/** Follows all ways through the pattern at once: a bit for each of its places that the text read so far can be at. */
function statesFit(tokens: readonly Token[], text: string): boolean {
  const steps = tokens.flatMap((token): Token[] =>
    token.kind === 'text'
      ? Array.from(token.text, (one) => ({ kind: 'text', text: one }))
      : [token],
  )
  const last = steps.length
  let places = new Uint8Array(last + 1)
  const open = (set: Uint8Array, from: number) => {
    let place = from
    set[place] = 1
    // Behind a star is reached without reading anything.
    while (place < last && steps[place]!.kind === 'many' && set[place + 1] === 0) set[++place] = 1
  }
  open(places, 0)
  for (const character of text) {
    const next = new Uint8Array(last + 1)
    let alive = false
    for (let place = 0; place < last; place++) {
      if (places[place] === 0 || !accepts(steps[place]!, character)) continue
      alive = true
      open(next, steps[place]!.kind === 'many' ? place : place + 1)
    }
    if (!alive) return false
    places = next
  }
  return places[last] === 1
}

function accepts(token: Token, character: string): boolean {
  switch (token.kind) {
    case 'text':
      return token.text === character
    case 'one':
      return true
    case 'set':
      return token.characters.includes(character) !== token.negated
    case 'many':
      return token.crosses || character !== '/'
  }
}
