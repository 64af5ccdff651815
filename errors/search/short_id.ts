/** Crockford's base 32, in which issues of a project are numbered. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `SHOP-1A`: the project's slug, and the number of the issue there; undefined when the text is none. */
export function shortIdParts(text: string): { slug: string; number: number } | undefined {
  const match = /^([\w-]{1,50})-([0-9A-Z]{1,10})$/i.exec(text)
  if (!match) return undefined
  let number = 0
  for (const digit of match[2]!.toUpperCase()) {
    const value = digits.indexOf(digit)
    if (value < 0) return undefined
    number = number * 32 + value
  }
  return Number.isSafeInteger(number) ? { slug: match[1]!.toLowerCase(), number } : undefined
}
