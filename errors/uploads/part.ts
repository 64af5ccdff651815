import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fired } from '../../core/deadline.ts'
import { Refusal, refusalOf } from '../../core/http/refusal.ts'
import type { ErrorsConfig } from '../config.ts'
import type { ErrorsPart, ErrorsWorld } from '../part.ts'
import { Assembly } from './assembly.ts'
import { addChunkRoutes } from './chunk_routes.ts'
import { ChunkFolder } from './chunk_folder.ts'
import { addReleaseFileRoutes } from './release_file_routes.ts'
import { addReleaseRoutes } from './release_routes.ts'
import { UploadRefusal } from './upload_refusal.ts'

/** Uploads of source maps, and what uploaders say of releases: the calls of sentry-cli and of the bundlers' plugins. */
export function makeUploads(given: ErrorsConfig, world: ErrorsWorld): ErrorsPart {
  let config = given
  const limits = () => config.source_maps
  const { clock, log } = world.contextOf('errors.uploads')
  const folder = join(world.folder, 'uploads')
  const chunks = new ChunkFolder(folder, limits, clock, world.randomBytes)
  const assembly = new Assembly({
    chunks,
    blobs: world.blobs,
    limits,
    call: (name, params) => world.digest.call(name, params),
    nowMs: () => clock.now(),
    log,
  })
  const routes = { world, config: () => config, chunks, assembly }
  return {
    name: 'uploads',
    start: async () => {},
    async stop(deadline) {
      await Promise.race([assembly.settled(), fired(deadline)])
    },
    async reload(next) {
      config = next
    },
    addRoutes(app) {
      // Apart, so that errors have Sentry's shape and multipart bodies are read as they come.
      void app.register(async (scope) => {
        scope.setErrorHandler(answerFailure)
        scope.addContentTypeParser('multipart/form-data', async () => undefined)
        addChunkRoutes(scope, routes)
        addReleaseRoutes(scope, routes)
        addReleaseFileRoutes(scope, routes)
      })
    },
  }
}

/** Errors as sentry-cli shows them; what is our own mistake goes on to the port's handler, which logs it. */
function answerFailure(failure: unknown, _request: FastifyRequest, reply: FastifyReply) {
  if (failure instanceof UploadRefusal) {
    return reply.code(failure.status).send({ detail: failure.message })
  }
  const known = failure instanceof Refusal ? failure : refusalOf(failure)
  if (!known) throw failure
  return reply.code(known.status).headers(known.headers).send({ detail: known.message })
}
