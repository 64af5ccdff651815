import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { Blobs } from '../../../errors/blobs.ts'
import { errorsConfig } from '../../../errors/config.ts'
import { migrate } from '../../../errors/database/schema.ts'
import type { CallWorld } from '../../../errors/digest/call.ts'
import type { ErrorsWorld } from '../../../errors/part.ts'
import { sentryUrl } from '../../../errors/paths.ts'
import { uploadCalls } from '../../../errors/uploads/calls.ts'
import { makeUploads } from '../../../errors/uploads/part.ts'
import type { JsonValue } from '../../../store/search.ts'
import { createTestApp } from '../../core/http/app.ts'

const projects = [
  { id: 42, slug: 'shop', name: 'Shop' },
  { id: 43, slug: 'blog', name: 'Blog' },
]

/** The part of uploads behind a port of its own, its calls answered by a database in memory. */
export async function startUploads(config: object = {}, http: Record<string, unknown> = {}) {
  const dataFolder = mkdtempSync(join(tmpdir(), 'weir-uploads-'))
  const folder = join(dataFolder, 'errors')
  const database = new DatabaseSync(':memory:')
  migrate(database, ':memory:')
  const clock = { now: () => 1_700_000_000_000 }
  const context = { clock, log: pino({ level: 'silent' }), dataFolder }
  const change: CallWorld['change'] = (work) => {
    database.exec('begin immediate')
    try {
      const made = work()
      database.exec('commit')
      return made
    } catch (failure) {
      database.exec('rollback')
      throw failure
    }
  }
  const world = {
    folder,
    dataFolder,
    randomBytes,
    blobs: new Blobs(join(folder, 'blobs'), randomBytes),
    contextOf: () => context,
    baseUrl: () => 'http://127.0.0.1:4400',
    projects: {
      all: async () => projects,
      find: async (name: string | number) =>
        projects.find(({ id, slug }) => slug === name || String(id) === String(name)),
    },
    digest: {
      call: async (name: string, params: JsonValue) => {
        // As between threads: copied.
        const call = uploadCalls[name]!
        const copied = structuredClone(params) as never
        return structuredClone(await call(copied, { database, context, change } as never))
      },
    },
  }
  const part = makeUploads(errorsConfig.parse(config), world as unknown as ErrorsWorld)
  const app = createTestApp(
    http,
    {},
    {
      urlOf: (url) => sentryUrl(url, ''),
      extend: async (instance) => part.addRoutes?.(instance),
    },
  )
  await app.http.start()
  const url = app.http.urls()[0]!
  const ask = async (
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const isForm = body instanceof FormData
    const answer = await fetch(`${url}/api/0${path}`, {
      method,
      headers: { ...headers, ...(body && !isForm && { 'content-type': 'application/json' }) },
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as never }
  }
  return {
    url,
    database,
    ask,
    rows: (sql: string) =>
      database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row })),
    blobs: () =>
      existsSync(join(folder, 'blobs'))
        ? readdirSync(join(folder, 'blobs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
            /\/[0-9a-f]{64}$/.test(name),
          ).length
        : 0,
    waiting: () =>
      existsSync(join(folder, 'uploads')) ? readdirSync(join(folder, 'uploads')) : [],
    /** Uploads bytes as sentry-cli does: in chunks, then put together. */
    async upload(bytes: Buffer, more: object = {}, chunkBytes = bytes.length) {
      const chunks: string[] = []
      const form = new FormData()
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        const chunk = bytes.subarray(at, at + chunkBytes)
        chunks.push(sha1(chunk))
        const isPacked = chunks.length % 2 === 1
        const content = isPacked ? gzipSync(chunk) : chunk
        form.append(
          isPacked ? 'file_gzip' : 'file',
          new Blob([new Uint8Array(content)]),
          sha1(chunk),
        )
      }
      const request = { checksum: sha1(bytes), chunks, projects: ['shop'], ...more }
      const assemble = '/organizations/weir/artifactbundle/assemble/'
      const first = await ask('POST', assemble, request)
      const sent = await ask('POST', '/organizations/weir/chunk-upload/', form)
      return {
        first,
        sent,
        request,
        last: await ask('POST', assemble, request),
        again: () => ask('POST', assemble, request),
      }
    },
    async stop() {
      await app.http.stop(AbortSignal.timeout(100))
      await part.stop(AbortSignal.timeout(20_000))
      database.close()
      rmSync(dataFolder, { recursive: true })
    },
  }
}

export const sha1 = (bytes: Uint8Array | string) => createHash('sha1').update(bytes).digest('hex')
