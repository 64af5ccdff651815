import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Reads away what is still to come of a body whose request is being answered: a connection closed amid the upload is a
 * broken pipe to most clients, which then never read why. The server's `requestTimeout` bounds its time.
 *
 * @param max_bytes above which the connection is cut all the same.
 */
export function readOn(
  request: IncomingMessage,
  response: ServerResponse,
  max_bytes: number,
): void {
  if (request.complete) return
  let left = max_bytes
  request.on('data', ({ length }: Buffer) => {
    left -= length
    if (left < 0) request.socket.destroy()
  })
  request.resume()
  if (response.shouldKeepAlive) return
  // The client closes after this answer: so do we, but not before its body is whole, as Node would.
  response.shouldKeepAlive = true
  response.removeHeader('connection')
  request.once('end', () => {
    if (response.writableFinished) request.socket.end()
    else response.once('finish', () => request.socket.end())
  })
}
