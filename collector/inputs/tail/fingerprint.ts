import { hash } from 'node:crypto'

/** A hash of `bytes` bytes of a file: its first ones (head) or those before an offset (mark). */
export interface Print {
  readonly bytes: number
  /** First 96 bits of SHA-1, base64url. It tells files apart; nobody is kept out by it. */
  readonly hash: string
}

/** A head covers at most this much: the first bytes of a file that were delivered. */
export const headBytes = 1024
/** A mark covers at most this much of what is before the offset. */
export const markBytes = 256

export const nothing: Print = { bytes: 0, hash: '' }

/** What 96 bits are in base64url. */
const hashLength = 16
const hashText = Buffer.allocUnsafeSlow(28)

export function printOf(bytes: Uint8Array): Print {
  if (bytes.length === 0) return nothing
  // Copied: a slice of the text would keep all of it, and a hash as a Buffer is three pieces of malloc.
  hashText.write(hash('sha1', bytes, 'base64url'), 'latin1')
  return { bytes: bytes.length, hash: hashText.toString('latin1', 0, hashLength) }
}

export function fits(print: Print, bytes: Uint8Array): boolean {
  if (bytes.length !== print.bytes) return false
  if (bytes.length === 0) return print.hash === ''
  return hash('sha1', bytes, 'base64url').slice(0, hashLength) === print.hash
}

/** What can be read at once at a position: an open file, plain or compressed. */
export interface Readable {
  readNow(into: Uint8Array, position: number): number
}

const scratch = Buffer.allocUnsafeSlow(headBytes)

/** Up to `length` (at most 1024) bytes at `position`; valid until the next call. */
export function peek(file: Readable, position: number, length: number): Buffer {
  const window = scratch.subarray(0, length)
  return window.subarray(0, file.readNow(window, position))
}

/** Whether the file still begins as it did when `head` was taken. */
export const beginsWith = (file: Readable, head: Print): boolean =>
  fits(head, peek(file, 0, head.bytes))

/** Whether it does, and ends before `offset` as it did when `mark` was taken. */
export function unchanged(file: Readable, head: Print, mark: Print, offset: number): boolean {
  return beginsWith(file, head) && fits(mark, peek(file, offset - mark.bytes, mark.bytes))
}
