import type { FastifyInstance, FastifyRequest } from 'fastify'
import { addSurface, type OnMistake, splitOnce, withinTime } from '../api/surface.ts'
import type { Requests } from './cluster.ts'

/** Headers of an answer that its reader needs. */
const passedBack = ['content-type', 'location', 'warning', 'retry-after', 'deprecation']

/**
 * Adds the Elasticsearch API to an HTTP port where the store is a cluster: the requests that the embedded
 * store answers go on to it as they came, with the store's credentials, and nothing else does, so that a
 * token of Weir's is no key to the whole cluster.
 */
export function addPassThrough(
  app: FastifyInstance,
  prefix: string,
  given: { readonly cluster: Requests; readonly timeoutMs: number },
  onMistake: OnMistake,
): void {
  const { cluster, timeoutMs } = given
  addSurface(app, prefix, onMistake, () => async (request, reply) => {
    return await withinTime(reply, timeoutMs, async (deadline) => {
      const answer = await cluster.request(passed(request, prefix), deadline)
      for (const name of passedBack) {
        const value = answer.headers[name]
        if (value !== undefined) reply.header(name, value)
      }
      return await reply.code(answer.status).send(Buffer.from(answer.text))
    })
  })
}

function passed({ method, url, headers, body }: FastifyRequest, prefix: string) {
  const [path = '', query] = splitOnce(url, '?')
  const sent = body as Buffer | undefined
  const { accept, 'content-type': contentType, 'content-encoding': contentEncoding } = headers
  return {
    method: method as 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE',
    path: (path.slice(prefix.length) || '/') + (query === undefined ? '' : `?${query}`),
    ...(sent && sent.length > 0 && { body: sent, contentType: contentType ?? 'application/json' }),
    headers: {
      ...(accept !== undefined && { accept }),
      ...(contentEncoding !== undefined && { 'content-encoding': contentEncoding }),
    },
  }
}
