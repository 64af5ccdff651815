import type { Reason } from '../core/reasons.ts'

/** Most refusals that an Outcome lists; all are counted. */
const listedMax = 100

/** What was refused of one arrival. */
export class Refused {
  readonly list: { line: number; reason: string }[] = []
  count = 0

  add(line: number, reason: Reason, detail: string): void {
    this.count += 1
    if (this.list.length < listedMax) this.list.push({ line, reason: `${reason}: ${detail}` })
  }
}
