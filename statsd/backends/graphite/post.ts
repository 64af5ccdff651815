import { connect, type Socket } from 'node:net'
import { RetryableError } from '../../../core/errors.ts'

export interface Carbon {
  readonly host: string
  readonly port: number
  /** Whether to wait until carbon has closed the connection too. */
  readonly waitForClose: boolean
}

/**
 * Gives carbon everything over a connection of its own and ends it. carbon acknowledges nothing, but it closes a
 * connection only when it has read it to the end: that is waited for, so that what lay unread in a buffer when carbon
 * went away is sent again. To send a value twice does no harm, since the last one of a name and time counts.
 *
 * @throws RetryableError when carbon cannot be reached, or was gone before the end.
 */
export async function post(
  { host, port, waitForClose }: Carbon,
  pieces: readonly Buffer[],
  deadline: AbortSignal,
): Promise<void> {
  const where = `${host}:${port}`
  if (deadline.aborted) throw unavailable(where, 'no time was left', false)
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
  const state = { connected: false, written: false }
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', (failure) => reject(unavailable(where, failure.message, state.connected)))
      socket.on('connect', () => {
        state.connected = true
        send(socket, pieces)
      })
      socket.on('finish', () => {
        state.written = true
        if (!waitForClose) resolve()
      })
      socket.on('end', () => {
        if (state.written) resolve()
        else reject(unavailable(where, 'closed the connection before it had read everything', true))
      })
      deadline.addEventListener('abort', () => reject(lateness(where, state)), { once: true })
      // It says nothing, but its end is seen only by who reads.
      socket.resume()
    })
  } finally {
    socket.destroy()
  }
}

function send(socket: Socket, pieces: readonly Buffer[]): void {
  socket.cork()
  for (const piece of pieces) socket.write(piece)
  socket.uncork()
  socket.end()
}

function lateness(where: string, { connected, written }: { connected: boolean; written: boolean }) {
  if (!connected) return unavailable(where, 'did not accept the connection in time', false)
  const text = written
    ? 'did not close the connection in time, so nobody knows what it has read: raise timeout, or set wait_for_close: false for a server that never closes'
    : 'did not read everything in time'
  return unavailable(where, text, true)
}

const unavailable = (where: string, text: string, fateUnknown: boolean) =>
  new RetryableError('WEIR_OUTPUT_UNAVAILABLE', `${where} ${text}`, { fateUnknown })
