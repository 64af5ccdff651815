import type { FastifyInstance } from 'fastify'
import { eventRoutes } from './event_routes.ts'
import { metricsRoutes } from './metrics_routes.ts'
import { renderRoutes } from './render_route.ts'
import type { Services } from './services.ts'
import { addSurface, type Route } from './surface.ts'
import { tagRoutes } from './tag_routes.ts'

/** The graphite-web that clients are told to be speaking to. */
const graphiteVersion = '1.1.10'

const version: Route = {
  methods: ['GET'],
  path: '/version',
  scope: 'read',
  handle: async ({ reply }) => reply.type('text/plain; charset=utf-8').send(graphiteVersion),
}

/** Adds Graphite's HTTP API to a port, under `prefix` (`/graphite`, or the empty text on a port of its own). */
export function addGraphiteRoutes(
  app: FastifyInstance,
  prefix: string,
  services: Services,
  timeoutMs: number,
): void {
  const routes = [
    ...renderRoutes(services),
    ...metricsRoutes(services),
    ...tagRoutes(services),
    ...eventRoutes(services),
    version,
  ]
  addSurface(app, prefix, routes, timeoutMs)
}
