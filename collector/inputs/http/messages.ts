import type { Spans } from '../framing/spans.ts'

/** The messages found in a body. */
export interface Messages {
  readonly source: Buffer
  readonly spans: Spans
  /** `json`: each is a JSON value without line ends; otherwise the configured parser reads it. */
  readonly format: 'json' | undefined
  /** What could not be read as a message. */
  readonly problems: Problems
  /** The line of the body, from 1, on which what is at `offset` of `source` begins. */
  lineAt(offset: number): number
}

export interface Problem {
  readonly line: number
  readonly reason: string
}

/** Most problems that a reply lists; all are counted. */
export const listedMax = 100

/** What is wrong with a body: the first `listedMax`, and how many in all. */
export class Problems {
  readonly list: Problem[] = []
  count = 0

  add(line: number, reason: string): void {
    this.count += 1
    if (this.list.length < listedMax) this.list.push({ line, reason })
  }
}

/** Tells the line of an offset; fast when asked for ascending offsets. */
export function lineCounter(body: Buffer): (offset: number) => number {
  let line = 1
  let counted = 0
  return (offset) => {
    if (offset < counted) {
      line = 1
      counted = 0
    }
    const before = body.subarray(0, offset)
    for (let at = before.indexOf(10, counted); at !== -1; at = before.indexOf(10, at + 1)) line += 1
    counted = before.length
    return line
  }
}
