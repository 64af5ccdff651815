import type { Socket } from 'node:dgram'
import { readSync } from 'node:fs'
import { descriptorOf } from './datagram_handle.ts'

/** libuv hands over so many datagrams before it looks at anything else; then there are more. */
const burst = 32
/** Datagrams read in one turn of the event loop; others have theirs then. */
const mostInTurn = 2000
/** Fewer than so many in a turn: the queue is short, and waiting for datagrams is cheaper again. */
const fewInTurn = 64
/** No datagram is longer. */
const longestDatagram = 65_536

/**
 * What the kernel has queued for a UDP socket, read straight from its descriptor. A datagram by way of
 * dgram costs a buffer of 64 KB, an object with its sender and a call from C++; read(2) into one buffer
 * costs a third of that. It says by an exception that the queue is empty, so it pays only where many
 * datagrams wait: after a turn that brought a whole burst. Nothing is lost either way.
 */
export class DatagramQueue {
  readonly #fd: number | undefined
  readonly #onDatagram: (bytes: Buffer, length: number) => void
  readonly #onFailure: (failure: unknown) => void
  readonly #buffer = Buffer.alloc(longestDatagram)
  #inTurn = 0
  #isDue = false
  #isOpen = true

  /**
   * @param onDatagram gets each datagram in the same buffer.
   * @param onFailure reading failed otherwise than by an empty queue; dgram goes on alone.
   */
  constructor(
    socket: Socket,
    onDatagram: (bytes: Buffer, length: number) => void,
    onFailure: (failure: unknown) => void,
  ) {
    this.#fd = descriptorOf(socket)
    this.#onDatagram = onDatagram
    this.#onFailure = onFailure
  }

  /** A datagram came by way of dgram. */
  noticed(): void {
    this.#inTurn += 1
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(this.#turn)
  }

  /** To be called before the socket is closed: its descriptor may be another's afterwards. */
  close(): void {
    this.#isOpen = false
  }

  readonly #turn = () => {
    const isLong = this.#inTurn >= burst
    this.#inTurn = 0
    this.#isDue = false
    if (!isLong || !this.#isOpen || this.#fd === undefined) return
    if (this.#readAll(this.#fd) < fewInTurn) return
    // The next turn reads on, whatever dgram brings until then.
    this.#inTurn = burst
    this.#isDue = true
    setImmediate(this.#turn)
  }

  /** Reads until the queue is empty; how many it had. */
  #readAll(fd: number): number {
    const buffer = this.#buffer
    let count = 0
    try {
      for (; count < mostInTurn; count++) {
        this.#onDatagram(buffer, readSync(fd, buffer, 0, longestDatagram, null))
      }
    } catch (failure) {
      const code = failure instanceof Error && 'code' in failure ? failure.code : undefined
      if (code !== 'EAGAIN' && code !== 'EWOULDBLOCK') {
        this.#isOpen = false
        this.#onFailure(failure)
      }
    }
    return count
  }
}
