import type { LineReader, Traffic } from '../line/traffic.ts'
import { ByteList } from '../tables/byte_list.ts'
import { textOf } from '../line/number.ts'
import type { Dialect } from '../line/dialect.ts'
import type { ReceiverNotice, SeenLine } from './protocol.ts'

const newline = 0x0a
/** Lines shown in one notice at most; notices come five times a second. */
const linesMost = 200
const textMost = 1000
const packetBytesMost = 2 ** 20
export const watchEveryMs = 200

/**
 * What came in for those who watch: `weir statsd live` sees lines with what became of them, the repeater
 * packets as they are. Both are bounded; while nobody watches it costs one comparison a packet.
 */
export class Watched {
  readonly #traffic: Traffic
  #watchesLines = false
  #watchesPackets = false
  #lines: SeenLine[] = []
  #unseen = 0
  #packets = new ByteList(1024)
  #ends: number[] = []
  #lostPackets = 0

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  get isOn(): boolean {
    return this.#watchesLines || this.#watchesPackets
  }

  set(lines: boolean, packets: boolean): void {
    this.#watchesLines = lines
    this.#watchesPackets = packets
    if (!lines) this.#lines = []
  }

  /** A reader that reads as `reader` does, and keeps what is watched. */
  reading(reader: LineReader, dialect: Dialect): LineReader {
    return {
      packet: (bytes, start, end) => {
        if (this.#watchesPackets) this.#keepPacket(bytes, start, end)
        if (this.#watchesLines) this.#readLines(reader, dialect, bytes, start, end)
        else reader.packet(bytes, start, end)
      },
    }
  }

  /** The notices that are due, with what to transfer. */
  take(): [ReceiverNotice, ArrayBuffer[]][] {
    const notices: [ReceiverNotice, ArrayBuffer[]][] = []
    if (this.#lines.length > 0 || this.#unseen > 0) {
      notices.push([{ notice: 'lines', lines: this.#lines, unseen: this.#unseen }, []])
      this.#lines = []
      this.#unseen = 0
    }
    if (this.#ends.length > 0) {
      const bytes = this.#packets.bytes.slice(0, this.#packets.length)
      const ends = Uint32Array.from(this.#ends)
      notices.push([{ notice: 'packets', bytes, ends }, [bytes.buffer, ends.buffer]])
      this.#packets = new ByteList(1024)
      this.#ends = []
    }
    return notices
  }

  /** Packets that were too many for the repeater since the last call. */
  takeLostPackets(): number {
    const lost = this.#lostPackets
    this.#lostPackets = 0
    return lost
  }

  #keepPacket(bytes: Uint8Array, start: number, end: number): void {
    if (this.#packets.length + end - start > packetBytesMost) {
      this.#lostPackets += 1
      return
    }
    this.#packets.add(bytes, start, end)
    this.#ends.push(this.#packets.length)
  }

  #readLines(
    reader: LineReader,
    dialect: Dialect,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const traffic = this.#traffic
    const packets = traffic.packets + 1
    for (let from = start; from < end;) {
      let to = bytes.indexOf(newline, from)
      if (to < 0 || to > end) to = end
      if (to > from) {
        traffic.lastRefusal = undefined
        reader.packet(bytes, from, to)
        this.#see(textOf(bytes, from, Math.min(to, from + textMost)), dialect)
      }
      from = to + 1
    }
    traffic.packets = packets
  }

  #see(text: string, dialect: Dialect): void {
    if (this.#lines.length >= linesMost) {
      this.#unseen += 1
      return
    }
    const refused = this.#traffic.lastRefusal
    this.#lines.push(refused ? { text, dialect, refused } : { text, dialect })
  }
}
