import { request as send } from 'node:http'
import { text } from 'node:stream/consumers'

const timeoutMs = 5_000

/** Asks a Weir on a Unix socket; posts `body` as JSON where there is one. */
export async function request(
  socketPath: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const headers = { host: 'localhost', ...(body && { 'content-type': 'application/json' }) }
  const method = body ? 'POST' : 'GET'
  const sent = send({ socketPath, path, method, headers, timeout: timeoutMs }, (response) => {
    const status = response.statusCode ?? 0
    text(response).then((answered) => resolve({ status, body: answered }), reject)
  })
  sent.on('timeout', () => sent.destroy(new Error(`${path} was not answered in ${timeoutMs} ms`)))
  sent.on('error', reject)
  sent.end(body && JSON.stringify(body))
  return await promise
}
