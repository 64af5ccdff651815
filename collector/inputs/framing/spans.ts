/**
 * Where messages are in a buffer: [start0, end0, start1, end1, …]. One list serves every connection of
 * an input, since it is used up before the next bytes are looked at; it grows and is never given back.
 */
export class Spans {
  list = new Uint32Array(1024)
  count = 0

  add(start: number, end: number): void {
    const at = this.count * 2
    if (at === this.list.length) {
      const grown = new Uint32Array(this.list.length * 2)
      grown.set(this.list)
      this.list = grown
    }
    this.list[at] = start
    this.list[at + 1] = end
    this.count += 1
  }

  clear(): void {
    this.count = 0
  }
}
