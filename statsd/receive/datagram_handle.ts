import type { Socket } from 'node:dgram'

/** What dgram reads a socket by and keeps to itself; a test holds that this Node has it. */
interface Handle {
  readonly fd?: unknown
  recvStop?: () => unknown
}

/** The descriptor of a bound socket; undefined where this Node does not tell it. */
export function descriptorOf(socket: Socket): number | undefined {
  const fd = handleOf(socket)?.fd
  return typeof fd === 'number' && fd >= 0 ? fd : undefined
}

/** Reads no more datagrams; the socket stays open. */
export function stopReading(socket: Socket): void {
  handleOf(socket)?.recvStop?.()
}

/** Whether this Node lets a socket be handed to another thread by its descriptor. */
export const mayBeHandedOver = (socket: Socket): boolean =>
  descriptorOf(socket) !== undefined && typeof handleOf(socket)?.recvStop === 'function'

function handleOf(socket: Socket): Handle | undefined {
  const state = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  )
  return state && (socket as unknown as Record<symbol, { handle?: Handle }>)[state]?.handle
}
