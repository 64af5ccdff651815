/** A search that cannot be understood: what is wrong, and where. */
export class SearchSyntaxError extends Error {
  /** Offset of the place, from 0. */
  readonly at: number

  constructor(text: string, at: number, problem: string) {
    const near = text.slice(at, at + 20)
    const place = near === '' ? 'at the end' : `at column ${at + 1} ("${near}")`
    super(`the search cannot be understood ${place}: ${problem}`)
    this.name = 'SearchSyntaxError'
    this.at = at
  }
}
