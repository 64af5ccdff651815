import { grown } from './grown.ts'

/** Bytes end to end in one array that grows. */
export class ByteList {
  bytes: Uint8Array<ArrayBuffer>
  length = 0

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Adds the bytes [start, end) of another array. */
  add(from: Uint8Array, start: number, end: number): void {
    this.#makeRoom(end - start)
    const { bytes } = this
    let at = this.length
    // Short runs: a loop is faster than set(subarray()).
    for (let other = start; other < end; other++) bytes[at++] = from[other]!
    this.length = at
  }

  push(byte: number): void {
    if (this.length === this.bytes.length) this.#makeRoom(1)
    this.bytes[this.length++] = byte
  }

  addText(text: string): void {
    const encoded = Buffer.from(text)
    this.add(encoded, 0, encoded.length)
  }

  #makeRoom(more: number): void {
    while (this.length + more > this.bytes.length) this.bytes = grown(this.bytes)
  }
}
