import type { Reason } from '../../core/reasons.ts'

/** What came in since the last take, and what was refused for which reason. */
export class Traffic {
  packets = 0
  /** Lines that are not empty. */
  lines = 0
  /** Refused parts of lines. */
  bad = 0
  /** Of the line read last: why a part of it was refused. Whoever looks at it sets it back. */
  lastRefusal: Reason | undefined
  #refused = new Map<Reason, number>()

  refuse(reason: Reason): void {
    this.bad += 1
    this.note(reason)
  }

  /** Counts what is lost although the line was right. */
  note(reason: Reason): void {
    this.lastRefusal = reason
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1)
  }

  take(): { packets: number; lines: number; bad: number; refused: ReadonlyMap<Reason, number> } {
    const { packets, lines, bad } = this
    const refused = this.#refused
    this.packets = 0
    this.lines = 0
    this.bad = 0
    this.#refused = new Map()
    return { packets, lines, bad, refused }
  }
}

/** Reads the lines of a packet into the tables. */
export interface LineReader {
  /** A packet: lines with `\n` between them. The bytes may be changed afterwards. */
  packet(bytes: Uint8Array, start: number, end: number): void
}
