import type { KnownIssue } from './known_issues.ts'

const firstRows = 256

/**
 * Rows of a table of issues, and what a batch adds to each: how many events, from when to when. In columns that stay
 * from batch to batch: an object for each row would be carried along by every collection of garbage until the batch
 * is saved.
 *
 * @typeParam Key what tells the rows of an issue apart, `value` aside.
 */
export class BatchRows<Key> {
  readonly issues: KnownIssue[] = []
  readonly keys: Key[] = []
  readonly values: string[] = []
  #events = new Float64Array(firstRows)
  #firstMs = new Float64Array(firstRows)
  #lastMs = new Float64Array(firstRows)

  get count(): number {
    return this.issues.length
  }

  /** Of row `at`. */
  events(at: number): number {
    return this.#events[at]!
  }

  firstMs(at: number): number {
    return this.#firstMs[at]!
  }

  lastMs(at: number): number {
    return this.#lastMs[at]!
  }

  /** Counts an event in a row that the batch had nothing for. @returns where it is. */
  begin(issue: KnownIssue, key: Key, value: string, ms: number): number {
    const at = this.issues.length
    if (at === this.#events.length) this.#grow()
    this.issues.push(issue)
    this.keys.push(key)
    this.values.push(value)
    this.#events[at] = 1
    this.#firstMs[at] = ms
    this.#lastMs[at] = ms
    return at
  }

  /** Counts an event in row `at`. */
  add(at: number, ms: number): void {
    this.#events[at]! += 1
    if (ms < this.#firstMs[at]!) this.#firstMs[at] = ms
    if (ms > this.#lastMs[at]!) this.#lastMs[at] = ms
  }

  clear(): void {
    this.issues.length = 0
    this.keys.length = 0
    this.values.length = 0
  }

  #grow(): void {
    const doubled = (column: Float64Array) => {
      const larger = new Float64Array(column.length * 2)
      larger.set(column)
      return larger
    }
    this.#events = doubled(this.#events)
    this.#firstMs = doubled(this.#firstMs)
    this.#lastMs = doubled(this.#lastMs)
  }
}
