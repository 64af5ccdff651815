import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** How a server is asked. */
export interface Asking {
  readonly url: string
  /** PEM of the certificate to believe. */
  readonly ca?: Buffer
  readonly authorization?: string
}

/**
 * One request: an object as JSON, a string as NDJSON.
 *
 * @returns the parsed JSON of the answer, or `{text}`.
 * @throws with status and body on 4xx and 5xx; what node:http throws when there is no answer.
 */
export async function ask<T>(
  { url, ca, authorization }: Asking,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
  const headers = {
    ...(text !== undefined && { 'content-type': type }),
    ...(authorization && { authorization }),
  }
  const request = url.startsWith('https:') ? httpsRequest : httpRequest
  return await new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers, ...(ca && { ca }) }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const answer = Buffer.concat(parts).toString()
        const status = response.statusCode ?? 0
        if (status >= 400) reject(new Error(`${method} ${path}: ${status} ${answer}`))
        else resolve((/^[[{]/.test(answer) ? JSON.parse(answer) : { text: answer }) as T)
      })
    })
    sent.on('error', reject)
    sent.end(text)
  })
}
