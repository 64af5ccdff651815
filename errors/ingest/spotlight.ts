import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../../core/context.ts'
import { isLoopback } from '../../core/http/access.ts'
import { Refusal } from '../../core/http/refusal.ts'
import type { ErrorsConfig } from '../config.ts'
import type { Project, Projects } from '../projects/project.ts'
import type { Incoming } from './incoming.ts'
import { Inflater } from './inflate.ts'
import type { Answer } from './refusal.ts'
import { refused } from './refusal.ts'
import { answerToFailure, incomingOf, send } from './routes.ts'

export interface SpotlightWorld {
  readonly context: Context
  readonly projects: Projects
  readonly accept: (incoming: Incoming) => Promise<Answer>
}

type SpotlightConfig = ErrorsConfig['spotlight']

/** Those who come later see what was sent last. */
const rememberedMax = 50
const rememberedBytes = 5_000_000
/** Larger envelopes are reported, and not shown. */
const shownBytes = 2_000_000

interface Shown {
  readonly contentType: string
  readonly bytes: Uint8Array
}

/**
 * Spotlight's sidecar (spotlightjs.com): an SDK with `spotlight: true` posts its envelopes to `/stream` without a DSN,
 * and Spotlight's own pages follow them there. They are reports like all others, of a project of their own; as they
 * came they are in memory only.
 */
export class Spotlight {
  readonly #world: SpotlightWorld
  #config: SpotlightConfig
  readonly #inflater = new Inflater()
  #recent: Shown[] = []
  readonly #followers = new Set<(shown: Shown) => void>()
  readonly #ending = new AbortController()

  constructor(config: SpotlightConfig, world: SpotlightWorld) {
    this.#config = config
    this.#world = world
  }

  get followers(): number {
    return this.#followers.size
  }

  configure(config: SpotlightConfig): void {
    this.#config = config
  }

  stop(): void {
    this.#ending.abort()
  }

  addRoutes(root: FastifyInstance): void {
    void root.register(async (app) => {
      app.addHook('onRequest', async (request, reply) => {
        const { origin } = request.headers
        // Pages of a developer's own machine, which runs on any port.
        if (origin !== undefined && isLocalPage(origin)) {
          reply.header('access-control-allow-origin', origin)
          reply.header('vary', 'origin')
        }
        if (request.method !== 'OPTIONS') refuseForeign(request)
      })
      app.setErrorHandler((failure, request, reply) => {
        send(reply, answerToFailure(failure, request, this.#world))
      })
      app.get('/health', async (_request, reply) => reply.type('text/plain').send('OK'))
      app.options('/stream', (_request, reply) => {
        const headers = {
          'access-control-allow-methods': 'GET, POST, OPTIONS',
          'access-control-allow-headers': 'content-type, content-encoding, x-sentry-auth, *',
          'access-control-max-age': '3600',
        }
        return reply.code(204).headers(headers).send()
      })
      app.post('/stream', async (request, reply) => send(reply, await this.#take(request)))
      app.get('/stream', (request, reply) => this.#follow(request, reply))
    })
  }

  async #take(request: FastifyRequest): Promise<Answer> {
    const { clock } = this.#world.context
    const project = await this.#project()
    const incoming = incomingOf('spotlight', request, clock.now(), project.id)
    const { contentType, contentEncoding } = incoming.headers
    // Inflated here, because the thread takes the bytes away.
    const bytes = await this.#inflater
      .inflate(Buffer.from(incoming.body), contentEncoding, shownBytes)
      .catch(() => undefined)
    const answer = await this.#world.accept(incoming)
    if (bytes && answer.status < 300) this.#show({ contentType: typeOf(contentType), bytes })
    return answer
  }

  async #project(): Promise<Project> {
    const { projects } = this.#world
    const slug = this.#config.project
    const found = await projects.find(slug)
    if (found) return found
    try {
      return await projects.add({ slug, name: 'Spotlight' })
    } catch (failure) {
      // Two requests may have come at once.
      const made = await projects.find(slug)
      if (!made) throw failure
      return made
    }
  }

  #show(shown: Shown): void {
    this.#recent.push(shown)
    let bytes = this.#recent.reduce((sum, each) => sum + each.bytes.length, 0)
    while (this.#recent.length > rememberedMax || bytes > rememberedBytes) {
      bytes -= this.#recent.shift()!.bytes.length
    }
    for (const follower of this.#followers) follower(shown)
  }

  /** Server-sent events, as Spotlight's sidecar writes them: the event's name is the content type. */
  #follow(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (this.#followers.size >= this.#config.max_followers) {
      const message = 'there are as many followers as errors.spotlight.max_followers'
      return send(reply, refused({ status: 503, message, headers: { 'retry-after': '5' } }))
    }
    const isBase64 = /[?&]base64=/.test(request.url)
    const { raw } = reply
    const origin = reply.getHeader('access-control-allow-origin')
    reply.hijack()
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      ...(typeof origin === 'string' && { 'access-control-allow-origin': origin }),
    })
    const write = (shown: Shown) => {
      // Who does not read is left out, and loses nothing that is kept.
      if (raw.writableLength < rememberedBytes) raw.write(eventOf(shown, isBase64))
    }
    raw.write(':\n\n')
    for (const shown of this.#recent) write(shown)
    this.#followers.add(write)
    const { signal } = this.#ending
    const end = () => raw.end()
    signal.addEventListener('abort', end, { once: true })
    request.server.ending.addEventListener('abort', end, { once: true })
    raw.on('close', () => {
      this.#followers.delete(write)
      signal.removeEventListener('abort', end)
      request.server.ending.removeEventListener('abort', end)
    })
    return reply
  }
}

const typeOf = (contentType: string) =>
  contentType
    .split(';', 1)[0]!
    .trim()
    .replaceAll(/[^\w./+-]/g, '') || 'application/x-sentry-envelope'

function eventOf({ contentType, bytes }: Shown, isBase64: boolean): string {
  const content = Buffer.from(bytes)
  if (isBase64) return `event:${contentType};base64\ndata:${content.toString('base64')}\n\n`
  const lines = content.toString().split(/\r?\n|\r/)
  return `event:${contentType}\n${lines.map((line) => `data:${line}\n`).join('')}\n`
}

function isLocalPage(origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const name = new URL(origin).hostname.replaceAll(/^\[|\]$/g, '')
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name)
}

/** Without a DSN there is no key: only this machine, its own pages, and those with a token may report. */
function refuseForeign(request: FastifyRequest): void {
  const { origin } = request.headers
  const without = origin === undefined || isLocalPage(origin)
  const found = request.refusedFor(request.method === 'GET' ? 'read' : 'ingest', without)
  if (found) throw new Refusal(found.status, found.code, found.message)
}
