import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { JsonValue } from '../../store/search.ts'
import type { Blobs } from '../blobs.ts'
import type { SourceMapsConfig } from '../symbolicate/config.ts'
import type { NewArtifact, NewUpload, UploadState } from './artifact_calls.ts'
import { BundleRefused, readBundle, type BundleFile } from './bundle.ts'
import type { ChunkFolder } from './chunk_folder.ts'
import { UploadRefusal } from './upload_refusal.ts'

/** An upload that a client says is complete. */
export interface AssemblyRequest {
  /** SHA-1 of the whole. */
  readonly checksum: string
  readonly chunks: readonly string[]
  readonly projects: readonly number[]
  /** Empty for those of the bundle's manifest; so is dist. */
  readonly release: string
  readonly dist: string
}

/** As Sentry answers `assemble`. */
export interface AssemblyAnswer {
  readonly state: 'not_found' | 'assembling' | 'ok' | 'error'
  readonly missingChunks: readonly string[]
  readonly detail: string | null
}

export interface AssemblyWorld {
  readonly chunks: ChunkFolder
  readonly blobs: Blobs
  readonly limits: () => SourceMapsConfig
  /** The digest's calls: `uploads.state`, `uploads.add`. */
  readonly call: (name: string, params: JsonValue) => Promise<JsonValue>
  readonly nowMs: () => number
  readonly log: Logger
}

/** How long a client waits for its answer; after that it asks again. */
const patienceMs = 20_000

/** Types of files that frames are mapped with; what else is in a bundle nobody would read. */
const kept = new Set(['source_map', 'minified_source'])

/**
 * Puts chunks together, takes bundles apart, and has the digest write down what was in them. One at a time: the files
 * of an upload are let go by the next one, when they are too many.
 */
export class Assembly {
  readonly #world: AssemblyWorld
  readonly #underWay = new Map<string, Promise<AssemblyAnswer>>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(world: AssemblyWorld) {
    this.#world = world
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#last
  }

  async assemble(request: AssemblyRequest): Promise<AssemblyAnswer> {
    const { checksum, projects, release, dist } = request
    const key = JSON.stringify([checksum, projects, release, dist])
    let running = this.#underWay.get(key)
    if (!running) {
      const known = await this.#known(request)
      if (known) return answerOf(known)
      const missing = await this.#missing(request)
      if (missing) return missing
      running = this.inTurn(() => this.#take(request))
      this.#underWay.set(key, running)
      const done = () => this.#underWay.delete(key)
      running.then(done, done)
    }
    const timeout = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => timeout.resolve(undefined), patienceMs)
    try {
      const answer = await Promise.race([running, timeout.promise])
      return answer ?? { state: 'assembling', missingChunks: [], detail: null }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Runs `work` after all that was asked for before. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined)
    return await mine
  }

  /** Has the digest write down files whose bytes are blobs by now. */
  async add(upload: NewUpload): Promise<void> {
    const { call, limits, log } = this.#world
    const { max_disk } = limits()
    const params = { ...upload, maxDisk: max_disk } as unknown as JsonValue
    const gone = (await call('uploads.add', params)) as string[]
    if (gone.length === 0) return
    log.warn({ releases: gone }, 'source maps were deleted: errors.source_maps.max_disk is reached')
  }

  async #known({
    checksum,
    projects,
    release,
    dist,
  }: AssemblyRequest): Promise<UploadState | undefined> {
    const params = { checksum, projects: [...projects], release, dist }
    const known = await this.#world.call('uploads.state', params)
    return (known as UploadState | null) ?? undefined
  }

  async #missing({ chunks }: AssemblyRequest): Promise<AssemblyAnswer | undefined> {
    const missingChunks = await this.#world.chunks.missing(chunks)
    return missingChunks.length > 0
      ? { state: 'not_found', missingChunks, detail: null }
      : undefined
  }

  async #take(request: AssemblyRequest): Promise<AssemblyAnswer> {
    const { chunks, log } = this.#world
    // An upload of the same bytes that came before may have used them up.
    const missing = await this.#missing(request)
    if (missing) return missing
    const path = await chunks.temporary()
    try {
      const sha1 = await chunks.join(request.chunks, path)
      if (sha1 !== request.checksum) {
        await chunks.remove(request.chunks)
        return answerOf(failed(`the chunks have the SHA-1 ${sha1} together: upload them again`))
      }
      const state = await this.#unpack(request, path)
      await chunks.remove(request.chunks)
      return answerOf(state)
    } catch (failure) {
      if (failure instanceof UploadRefusal) {
        await chunks.remove(request.chunks)
        return answerOf(failed(failure.message))
      }
      log.error({ err: failure }, 'an upload could not be put together')
      return answerOf(failed(`the upload could not be kept: ${messageOf(failure)}`))
    } finally {
      await rm(path, { force: true })
    }
  }

  async #unpack(request: AssemblyRequest, path: string): Promise<UploadState> {
    const { checksum, projects, release, dist } = request
    const files: Omit<NewArtifact, 'release' | 'dist'>[] = []
    const take = async (file: BundleFile, content: Readable) => {
      if (!kept.has(file.type)) return void content.destroy()
      const { size, type, url, debugId, mapReference = null } = file
      files.push({
        blob: await this.#world.blobs.put(content),
        size,
        type,
        url,
        debugId,
        mapReference,
      })
    }
    const upload = { checksum, projects, release, dist, uploadedMs: this.#world.nowMs() }
    try {
      const manifest = await readBundle(path, this.#world.limits(), take)
      const place = { release: release || manifest.release, dist: dist || manifest.dist }
      const state: UploadState = { state: 'ok', detail: null }
      await this.add({ ...upload, ...state, files: files.map((file) => ({ ...file, ...place })) })
      return state
    } catch (failure) {
      // What was put already and is named by nobody is let go of.
      const state = failed(messageOf(failure))
      if (!(failure instanceof BundleRefused)) throw failure
      await this.add({ ...upload, ...state, files: [], dropped: files.map(({ blob }) => blob) })
      return state
    }
  }
}

const failed = (detail: string): UploadState => ({ state: 'error', detail })

const answerOf = ({ state, detail }: UploadState): AssemblyAnswer => ({
  state,
  missingChunks: [],
  detail,
})
