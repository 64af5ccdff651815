import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { NewArtifact } from './artifact_calls.ts'
import { readForm } from './form.ts'
import { checkOrganisation, projectsNamed, type UploadRoutes } from './upload_request.ts'
import { invalid, UploadRefusal } from './upload_refusal.ts'

type Params = { organisation: string; project?: string; version: string; file?: string }

/** Files of a release one by one, as sentry-cli before 2.17 and `releases files` send them. */
export function addReleaseFileRoutes(app: FastifyInstance, routes: UploadRoutes): void {
  const paths = [
    '/api/0/projects/:organisation/:project/releases/:version/files',
    '/api/0/organizations/:organisation/releases/:version/files',
  ]
  for (const path of paths) {
    app.get(path, { config: { scope: ['ingest', 'read'] } }, async (request) => {
      return (await filesOf(request, routes)).map((row) => fileJson(row))
    })
    app.post(path, { config: { scope: 'ingest' } }, async (request, reply) => {
      return await reply.code(201).send(await takeFile(request, routes))
    })
    app.delete(`${path}/:file`, { config: { scope: 'ingest' } }, async (request, reply) => {
      const { file = '', version: release } = request.params as Params
      const id = Number(file)
      let isFound = false
      for (const { id: project } of await projectsOf(request, routes)) {
        const params = { project, release, id: Number.isSafeInteger(id) ? id : 0 }
        const found = await routes.assembly.inTurn(() =>
          routes.world.digest.call('uploads.delete_file', params),
        )
        if (found === true) isFound = true
      }
      if (!isFound) throw new UploadRefusal(404, `the release has no file ${file.slice(0, 20)}`)
      return await reply.code(204).send()
    })
  }
}

/** The project of the path, or all: an organisation's release may be of any. @throws UploadRefusal */
async function projectsOf(request: FastifyRequest, { world }: UploadRoutes) {
  const { organisation, project } = request.params as Params
  checkOrganisation(organisation)
  return project === undefined ? await world.projects.all() : await projectsNamed(world, [project])
}

async function filesOf(request: FastifyRequest, routes: UploadRoutes): Promise<JsonRecord[]> {
  const { version: release } = request.params as Params
  const all: JsonRecord[] = []
  for (const { id: project } of await projectsOf(request, routes)) {
    const rows = await routes.world.digest.call('uploads.files', { project, release })
    all.push(...(rows as JsonRecord[]))
  }
  return all
}

async function takeFile(request: FastifyRequest, routes: UploadRoutes): Promise<JsonRecord> {
  const { world, config, assembly } = routes
  const { version: release } = request.params as Params
  const projects = await projectsOf(request, routes)
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) {
    throw invalid('the content type has to be multipart/form-data')
  }
  return await assembly.inTurn(async () => {
    const stored: { blob: string; name: string }[] = []
    const bounds = { fileBytes: config().source_maps.max_file_size, files: 1 }
    const fields = await readForm(request.raw, bounds, async (field, name, content) => {
      if (field !== 'file')
        throw invalid(`"${field.slice(0, 60)}" is no part of a file: expected file`)
      stored.push({ blob: await world.blobs.put(content), name })
    })
    const [file] = stored
    if (!file) throw invalid('file: the body has none')
    const field = (name: string) => fields.find(([each]) => each === name)?.[1]
    const url = field('name') ?? file.name
    if (url === '') throw invalid('name: say under which url the file is loaded, such as ~/app.js')
    const headers = fields.filter(([name]) => name === 'header').map(([, value]) => value)
    const artifact: NewArtifact = {
      type: /\.map(?:$|[?#])/i.test(url) ? 'source_map' : 'minified_source',
      debugId: '',
      release,
      dist: field('dist') ?? '',
      url: url.slice(0, 4_096),
      mapReference: referenceIn(headers),
      blob: file.blob,
      size: (await world.blobs.size(file.blob)) ?? 0,
    }
    const uploadedMs = world.contextOf('errors.uploads').clock.now()
    // A file of its own is an upload of its own.
    const checksum = createHash('sha1').update(file.blob).update(url).digest('hex')
    await assembly.add({
      checksum,
      projects: projects.map(({ id }) => id),
      release,
      dist: artifact.dist,
      uploadedMs,
      state: 'ok',
      detail: null,
      files: [artifact],
    })
    const [row] = (await filesOf(request, routes)).filter((each) => each['url'] === url)
    return fileJson(row ?? {})
  })
}

/** `Sourcemap:app.js.map`, in any case. */
function referenceIn(headers: readonly string[]): string | null {
  for (const header of headers) {
    const [, reference] = /^\s*(?:x-)?sourcemap\s*:\s*(\S{1,2000})/i.exec(header) ?? []
    if (reference !== undefined) return reference
  }
  return null
}

function fileJson(row: Readonly<Record<string, JsonValue | undefined>>): JsonRecord {
  const reference = row['map_reference']
  const dist = row['dist']
  return {
    id: String(row['id']),
    name: row['url'] ?? null,
    dist: dist === '' || dist === undefined ? null : dist,
    headers: typeof reference === 'string' ? { Sourcemap: reference } : {},
    size: row['size'] ?? 0,
    // The name of what is kept; Sentry's own is a SHA-1.
    sha1: String(row['blob'] ?? '').slice(0, 40),
    dateCreated: new Date(Number(row['uploaded_ms'] ?? 0)).toISOString(),
  }
}
