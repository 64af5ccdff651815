import type { FastifyInstance } from 'fastify'
import type { RequestListener } from 'node:http'

/** Routes that a start does not wait for. */
export interface LateRoutes {
  /** A URL (path and query) as these routes know it; undefined when it is none of theirs. */
  urlOf(url: string): string | undefined
  /** Adds them, at the first request there. */
  extend(app: FastifyInstance): Promise<void>
}

/** `/es`: this path itself and all below it. */
export const below =
  (prefix: string): LateRoutes['urlOf'] =>
  (url) =>
    url.startsWith(prefix) && /^(?:$|[/?])/.test(url.slice(prefix.length)) ? url : undefined

/** An application of its own for late routes, made at the first request. */
export interface LateApplication {
  urlOf(url: string): string | undefined
  readonly handle: RequestListener
  close(): Promise<void>
}

/**
 * @param make an application as the port's own, with nothing at its paths yet.
 * @param onFailure told when the routes cannot be added; the next request tries again.
 */
export function lateApplication(
  { urlOf, extend }: LateRoutes,
  make: () => FastifyInstance,
  onFailure: (failure: unknown) => void,
): LateApplication {
  let made: Promise<FastifyInstance> | undefined
  const begin = async () => {
    const app = make()
    await extend(app)
    await app.ready()
    return app
  }
  return {
    urlOf,
    handle(request, response) {
      made ??= begin()
      made.then(
        (app) => app.routing(request, response),
        (failure: unknown) => {
          made = undefined
          onFailure(failure)
          response.writeHead(503, { 'retry-after': '1' }).end()
        },
      )
    },
    async close() {
      const app = await made?.catch(() => undefined)
      await app?.close()
    },
  }
}
