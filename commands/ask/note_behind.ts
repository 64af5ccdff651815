import { printable } from './event_line.ts'
import type { World } from '../world.ts'

/** Says that an answer has only what was in the store already. @param why such as a full disk. */
export function noteBehind(world: World, why: string): void {
  world.stderr.write(`the answer is not whole, what is new is missing: ${printable(why)}\n`)
}
