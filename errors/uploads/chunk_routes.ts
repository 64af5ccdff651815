import type { FastifyInstance } from 'fastify'
import type { JsonRecord } from '../../store/search.ts'
import type { AssemblyAnswer } from './assembly.ts'
import { isSha1 } from './chunk_folder.ts'
import { readForm } from './form.ts'
import {
  checkOrganisation,
  jsonOf,
  originOf,
  projectsNamed,
  type UploadRoutes,
} from './upload_request.ts'
import { invalid } from './upload_refusal.ts'

/** A power of two: sentry-cli up to 2.39.1 wants that. */
const chunkBytes = 8 * 2 ** 20
const chunksOfRequest = 64
/** What a chunk that gzip makes larger may have on top. */
const gzipExcess = 65_536
const chunksMax = 10_000

interface OfOrganisation {
  Params: { organisation: string }
}

/** Uploads in chunks, as sentry-cli from 2.17 on does it. */
export function addChunkRoutes(app: FastifyInstance, routes: UploadRoutes): void {
  const { world, config, chunks, assembly } = routes
  const path = '/api/0/organizations/:organisation/chunk-upload'
  app.get<OfOrganisation>(path, { config: { scope: ['ingest', 'read'] } }, async (request) => {
    checkOrganisation(request.params.organisation)
    return {
      url: `${originOf(request, world)}/api/0/organizations/weir/chunk-upload/`,
      chunkSize: chunkBytes,
      chunksPerRequest: chunksOfRequest,
      maxFileSize: config().source_maps.max_bundle_size,
      maxRequestSize: 2 * chunkBytes,
      concurrency: 4,
      hashAlgorithm: 'sha1',
      compression: ['gzip'],
      accept: [
        'release_files',
        'sources',
        'artifact_bundles',
        'artifact_bundles_v2',
        'debug_files',
      ],
    }
  })
  app.post<OfOrganisation>(path, { config: { scope: 'ingest' } }, async (request, reply) => {
    checkOrganisation(request.params.organisation)
    const bounds = { fileBytes: chunkBytes + gzipExcess, files: chunksOfRequest }
    await readForm(request.raw, bounds, async (field, name, content) => {
      if (field !== 'file' && field !== 'file_gzip') {
        throw invalid(
          `"${field.slice(0, 60)}" is no part of a chunk upload: expected file or file_gzip`,
        )
      }
      await chunks.put(name, content, field === 'file_gzip', chunkBytes)
    })
    return await reply.send({})
  })

  const assemble = async (body: JsonRecord, version: string, projects: readonly unknown[]) => {
    const known = await projectsNamed(world, projects)
    if (known.length === 0)
      throw invalid('projects: name one at least (SENTRY_PROJECT, or project: …)')
    const { checksum, chunks: list } = checkedParts(body)
    const ids = known.map(({ id }) => id).toSorted((a, b) => a - b)
    const dist = textOf(body, 'dist')
    return await assembly.assemble({
      checksum,
      chunks: list,
      projects: ids,
      release: version,
      dist,
    })
  }
  app.post<OfOrganisation>(
    '/api/0/organizations/:organisation/artifactbundle/assemble',
    { config: { scope: 'ingest' } },
    async (request): Promise<AssemblyAnswer> => {
      checkOrganisation(request.params.organisation)
      const body = jsonOf(request)
      const projects = Array.isArray(body['projects']) ? body['projects'] : []
      return await assemble(body, textOf(body, 'version'), projects)
    },
  )
  // What sentry-cli 2 before 2.17 calls a release bundle: its projects are those that have the release.
  app.post<{ Params: { organisation: string; version: string } }>(
    '/api/0/organizations/:organisation/releases/:version/assemble',
    { config: { scope: 'ingest' } },
    async (request): Promise<AssemblyAnswer> => {
      checkOrganisation(request.params.organisation)
      const body = jsonOf(request)
      const all = await world.projects.all()
      const named = Array.isArray(body['projects']) ? body['projects'] : all.map(({ id }) => id)
      return await assemble(body, request.params.version, named)
    },
  )
  addDebugFiles(app)
}

/** Native debug files are not kept: each is answered with why, and the uploader goes on. */
function addDebugFiles(app: FastifyInstance): void {
  app.post<{ Params: { organisation: string; project: string } }>(
    '/api/0/projects/:organisation/:project/files/difs/assemble',
    { config: { scope: 'ingest' } },
    async (request) => {
      checkOrganisation(request.params.organisation)
      const detail = 'Weir does not symbolicate native code, and keeps no debug files'
      return Object.fromEntries(
        Object.keys(jsonOf(request)).map((checksum) => [
          checksum,
          { state: 'error', missingChunks: [], detail },
        ]),
      )
    },
  )
}

/** @throws UploadRefusal */
function checkedParts(body: JsonRecord): { checksum: string; chunks: string[] } {
  const { checksum, chunks } = body
  if (typeof checksum !== 'string' || !isSha1(checksum))
    throw invalid('checksum: expected a SHA-1 in hex')
  if (!Array.isArray(chunks) || !chunks.every((chunk) => isSha1(chunk))) {
    throw invalid('chunks: expected a list of SHA-1s in hex')
  }
  if (chunks.length > chunksMax) throw invalid(`chunks: more than ${chunksMax}`)
  return { checksum, chunks: chunks as string[] }
}

function textOf(body: JsonRecord, key: string): string {
  const value = body[key]
  return typeof value === 'string' ? value.slice(0, 200) : ''
}
