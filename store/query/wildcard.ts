/** A piece of a wildcard pattern: `*`, `?`, or text that stands for itself. */
export type WildcardPart = { readonly any: '*' | '?' } | { readonly text: string }

/** Reads `*` (any text), `?` (one character) and `\` (the next character as it is). */
export function wildcardParts(pattern: string): WildcardPart[] {
  const parts: WildcardPart[] = []
  let text = ''
  const endText = () => {
    if (text !== '') parts.push({ text })
    text = ''
  }
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!
    if (character === '*' || character === '?') {
      endText()
      parts.push({ any: character })
    } else if (character === '\\' && at + 1 < pattern.length) text += pattern[++at]
    else text += character
  }
  endText()
  return parts
}

/** For `LIKE … ESCAPE '\'`, the whole value. */
export function likeOfWildcard(pattern: string): string {
  return wildcardParts(pattern)
    .map((part) => ('text' in part ? escapeLike(part.text) : part.any === '*' ? '%' : '_'))
    .join('')
}

/** A text that stands for itself in `LIKE … ESCAPE '\'`. */
export const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&')

/** For RE2, the whole value. */
export function re2OfWildcard(pattern: string, caseInsensitive = false): string {
  const body = wildcardParts(pattern)
    .map((part) => ('text' in part ? escapeRe2(part.text) : part.any === '*' ? '.*' : '.'))
    .join('')
  return `(?${caseInsensitive ? 'is' : 's'})${body}`
}

const escapeRe2 = (text: string): string => text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')

/** A text that stands for itself in a wildcard pattern. */
export const escapeWildcard = (text: string): string => text.replaceAll(/[\\*?]/g, '\\$&')
