import type { Logger } from 'pino'
import { PermanentError } from '../../../core/errors.ts'
import type { Chunk } from '../../../core/journal/chunk.ts'
import type { JsonObject } from '../../../core/json.ts'
import { errorText, requestError } from './bulk_verdict.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { Requests } from '../cluster.ts'
import type { ElasticsearchConfig } from './config.ts'
import { indicesOf, type Indices } from './indices.ts'
import { plainCapabilities, type Capabilities, type DocumentKind } from './document_kind.ts'
import { identify, type Server } from './server.ts'

/**
 * Index templates for what this output writes, installed before the first write to each data stream: a
 * stream's exact name, so that nobody else's indices match; or the one pattern of dated or fixed names.
 */
export class Templates {
  readonly #config: ElasticsearchConfig
  readonly #kind: DocumentKind
  readonly #cluster: Requests
  readonly #log: Logger
  readonly #indices: Indices
  readonly #installed = new Set<string>()
  #server: Server | undefined
  #can: Capabilities | undefined
  /** Puts and asks one after the other, however many writes wait for them. */
  #turn: Promise<void> = Promise.resolve()

  constructor(config: ElasticsearchConfig, kind: DocumentKind, cluster: Requests, log: Logger) {
    this.#config = config
    this.#kind = kind
    this.#cluster = cluster
    this.#log = log
    this.#indices = indicesOf(config.indices)
  }

  /**
   * Resolves when templates exist for all that the chunk holds.
   *
   * @throws RetryableError or PermanentError; nothing of the chunk has been sent then.
   */
  async prepare(chunk: Chunk, deadline: AbortSignal): Promise<void> {
    const missing = () => {
      const patterns = new Set(chunk.parts.map((part) => this.#indices.patternOf(part)))
      return [...patterns].filter((pattern) => !this.#installed.has(pattern))
    }
    if (missing().length === 0) return
    const turn = this.#turn.then(async () => {
      for (const pattern of missing()) await this.#install(pattern, deadline)
    })
    this.#turn = turn.catch(() => undefined)
    await turn
  }

  status(): JsonObject {
    return {
      server: this.#server ? `${this.#server.flavour} ${this.#server.version ?? ''}`.trim() : null,
      templates: [...this.#installed].map(templateName),
    }
  }

  async #install(pattern: string, deadline: AbortSignal): Promise<void> {
    this.#server ??= await identify(this.#cluster, this.#config, deadline)
    if (!this.#can) {
      const found = await capabilitiesOf(this.#kind, this.#cluster, deadline)
      if (this.#indices.dataStreams && !found.dataStreams) {
        const text = 'the server has no data streams: set `indices: dated`'
        throw new PermanentError('WEIR_OUTPUT_REFUSED', text)
      }
      this.#can = await this.#putShared(found, deadline)
    }
    const template = indexTemplate(pattern, this.#indices.dataStreams, this.#config, this.#can)
    await this.#put(`/_index_template/${templateName(pattern)}`, template, deadline)
    this.#installed.add(pattern)
    this.#log.info({ pattern, server: this.#server }, 'index template installed')
  }

  /** What a server takes one by one it may refuse together; then the plain template does. */
  async #putShared(found: Capabilities, deadline: AbortSignal): Promise<Capabilities> {
    const kind = this.#kind
    const plain = plainCapabilities(kind)
    for (const can of [found, plain]) {
      const template = kind.template(can, this.#config.timestamp_type)
      try {
        await this.#put(`/_component_template/${kind.component}`, { template }, deadline)
        const { lifecycle, composition } = found
        return { ...can, lifecycle, composition }
      } catch (failure) {
        if (can === plain || !(failure instanceof PermanentError)) throw failure
        this.#log.warn(failure, 'the full template was refused; a plain one is tried')
      }
    }
    throw new Error('BUG: no template was tried')
  }

  async #put(path: string, template: JsonObject, deadline: AbortSignal): Promise<void> {
    const meta = { _meta: { managed_by: 'weir' } }
    const body = JSON.stringify({ ...template, ...meta })
    const answer = await this.#cluster.request({ method: 'PUT', path, body }, deadline)
    if (answer.status < 300) return
    if (answer.status !== 400) throw requestError(answer)
    const text = `${answer.host} refuses the template ${path}: ${errorText(answer)}`
    throw new PermanentError('WEIR_OUTPUT_REFUSED', text)
  }
}

/** `weir-` and the pattern without its `*`. */
function templateName(pattern: string): string {
  const name = pattern.replaceAll(/-?\*/g, '')
  return encodeURIComponent(name.startsWith('weir') ? name : `weir-${name}`)
}

function indexTemplate(
  pattern: string,
  isDataStream: boolean,
  config: ElasticsearchConfig,
  can: Capabilities,
): JsonObject {
  const retention = config.retention === undefined ? undefined : `${config.retention}ms`
  return {
    index_patterns: [pattern],
    priority: config.template_priority,
    ...can.composition,
    ...(isDataStream && { data_stream: {} }),
    ...(isDataStream &&
      can.lifecycle &&
      retention !== undefined && { template: { lifecycle: { data_retention: retention } } }),
  }
}
