import { type WildcardPart, wildcardParts } from './wildcard.ts'

/** Whether a text fits a wildcard, in time proportional to both lengths at worst, whatever the pattern. */
export function wildcardFits(pattern: string, caseInsensitive: boolean): (text: string) => boolean {
  const fold = (text: string) => (caseInsensitive ? text.toLowerCase() : text)
  const wanted = wildcardParts(fold(pattern)).flatMap((part): WildcardPart[] => {
    return 'text' in part ? Array.from(part.text, (text) => ({ text })) : [part]
  })
  return (given) => {
    const text = Array.from(fold(given))
    let [at, place, star, resume] = [0, 0, -1, 0]
    while (at < text.length) {
      const part = wanted[place]
      if (part && 'any' in part && part.any === '*') {
        star = place++
        resume = at
      } else if (part && ('any' in part || part.text === text[at])) {
        place++
        at++
      } else if (star >= 0) {
        place = star + 1
        at = ++resume
      } else return false
    }
    return wanted.slice(place).every((part) => 'any' in part && part.any === '*')
  }
}
