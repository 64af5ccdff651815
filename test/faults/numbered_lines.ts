/**
 * Which of the numbers 0, 1, 2 … of a source arrived, and which more than once: a bitmap for each source,
 * because counts hide a loss behind a duplicate.
 */
export class NumberedLines {
  /** For each source, under which event ids each number arrived. */
  readonly #seen = new Map<string, Map<number, Set<string>>>()

  add(source: string, number: number, id: string): void {
    const numbers = this.#seen.get(source) ?? new Map<number, Set<string>>()
    this.#seen.set(source, numbers)
    const ids = numbers.get(number) ?? new Set<string>()
    numbers.set(number, ids)
    ids.add(id)
  }

  /** What is wrong when exactly the numbers below `counts[source]` should be there, each once. */
  problems(counts: ReadonlyMap<string, number>): { lost: string[]; doubled: string[] } {
    const lost: string[] = []
    const doubled: string[] = []
    for (const [source, count] of counts) {
      const numbers = this.#seen.get(source)
      for (let number = 0; number < count; number++) {
        if (!numbers?.has(number)) lost.push(`${source} ${number}`)
      }
      for (const [number, ids] of numbers ?? []) {
        if (ids.size > 1) doubled.push(`${source} ${number} (${[...ids].join(', ')})`)
      }
    }
    return { lost, doubled }
  }
}
