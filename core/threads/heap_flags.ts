import { setFlagsFromString } from 'node:v8'

/** A thread was started that has room; that holds for the process. */
let isRoomy = false

/**
 * Has V8 collect early, in all threads. By itself such a heap is collected whenever it has grown by two or three MB,
 * which is half of what an idle Weir with many files costs. Called once everything has started: given on the command
 * line, these flags make V8 refuse the compiled code of its own modules that Node carries, a tenth of a start.
 */
export function keepHeapsSmall(): void {
  if (isRoomy) return
  setFlagsFromString('--optimize-for-size')
  setFlagsFromString('--heap-growing-percent=40')
}

/** Gives threads that are started from now on room for so many MB of young objects; and all heaps more before they are collected. */
export function giveRoom(semiSpaceMb: number): void {
  isRoomy = true
  // The flags of the process, which keep an idle Weir small, go before the limits of a thread.
  setFlagsFromString('--no-optimize-for-size')
  // With 40 all of a heap was collected each second of a flood, for a fifth of the work.
  setFlagsFromString('--heap-growing-percent=60')
  setFlagsFromString(`--max-semi-space-size=${semiSpaceMb}`)
}
