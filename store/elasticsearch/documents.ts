import { RetryableError, WeirError } from '../../core/errors.ts'
import {
  Conflict,
  type Document,
  type DocumentKind,
  type Documents,
  type DocumentVersion,
  type FindRequest,
  type Found,
} from '../documents.ts'
import type { JsonRecord, JsonValue } from '../search.ts'
import type { Answer, Cluster, Request } from './cluster.ts'
import {
  conditionsOf,
  fieldValues,
  mappingOf,
  sortOf,
  type StoredFields,
} from './document_fields.ts'

/** A document as an index holds it: the body as text, so that it comes back as it went. */
interface Stored extends StoredFields {
  readonly id: string
  readonly body: string
}

const findMax = 10_000
const requestMs = 30_000

/**
 * Documents in hidden indices of a cluster, `weir-documents-<kind>`, which several Weirs share: a change
 * names the `_seq_no` and `_primary_term` it is based on, so that only one of two wins.
 */
export class ElasticsearchDocuments implements Documents {
  readonly #cluster: Pick<Cluster, 'request' | 'close'>
  readonly #prefix: string
  /** By name: as each kind was last declared, and its index made. */
  readonly #prepared = new Map<string, { kind: DocumentKind; ready: Promise<void> }>()
  readonly #stopping = new AbortController()

  /** @param prefix of the indices' names, for Weirs that share a cluster but no documents. */
  constructor(cluster: Pick<Cluster, 'request' | 'close'>, prefix = 'weir-documents-') {
    this.#cluster = cluster
    this.#prefix = prefix
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#stopping.abort(new WeirError('WEIR_NOT_RUNNING', 'the store is not open'))
    await this.#cluster.close()
  }

  async get(kind: DocumentKind, id: string): Promise<Document | undefined> {
    const index = await this.#index(kind)
    const answer = await this.#ask({ method: 'GET', path: `/${index}/_doc/${pathOf(id)}` })
    if (answer.status === 404) return undefined
    return documentOf(bodyOf(answer, 200))
  }

  async put(
    kind: DocumentKind,
    id: string,
    body: JsonRecord,
    expected?: DocumentVersion | null,
  ): Promise<DocumentVersion> {
    const bytes = Buffer.byteLength(id)
    if (bytes === 0 || bytes > 512) throw new TypeError('an id has 1 to 512 bytes')
    const stored: Stored = { id, fields: fieldValues(kind, body), body: JSON.stringify(body) }
    const index = await this.#index(kind)
    const condition = expected === null ? 'op_type=create' : conditionOf(expected)
    const answer = await this.#ask({
      method: 'PUT',
      path: `/${index}/_doc/${pathOf(id)}?${condition}`,
      body: JSON.stringify(stored),
    })
    if (answer.status === 409) throw new Conflict(kind.name, id)
    return versionOf(bodyOf(answer, 200, 201))
  }

  async delete(kind: DocumentKind, id: string, expected?: DocumentVersion): Promise<void> {
    const index = await this.#index(kind)
    const path = `/${index}/_doc/${pathOf(id)}?${conditionOf(expected)}`
    const answer = await this.#ask({ method: 'DELETE', path })
    if (answer.status === 404 && expected === undefined) return
    // A document that is gone is no longer at the expected version either.
    if (answer.status === 409 || answer.status === 404) throw new Conflict(kind.name, id)
    bodyOf(answer, 200)
  }

  async find(kind: DocumentKind, request: FindRequest): Promise<Found> {
    const { where, sort = [], limit, after } = request
    if (!Number.isInteger(limit) || limit < 1 || limit > findMax) {
      throw new RangeError(`limit is 1 to ${findMax}`)
    }
    const body = {
      size: limit,
      seq_no_primary_term: true,
      query: conditionsOf(kind, where),
      sort: sortOf(kind, sort),
      track_total_hits: false,
      ...(after !== undefined && { search_after: cursorOf(after, sort.length + 1) }),
    }
    const { hits } = (await this.#search(kind, '_search', body)) as unknown as {
      hits: { hits: (JsonRecord & { sort: JsonValue[] })[] }
    }
    const documents = hits.hits.map(documentOf)
    if (documents.length < limit) return { documents }
    const next = Buffer.from(JSON.stringify(hits.hits.at(-1)!.sort)).toString('base64url')
    return { documents, next }
  }

  async count(kind: DocumentKind, where?: FindRequest['where']): Promise<number> {
    const body = { query: conditionsOf(kind, where) }
    const { count } = await this.#search(kind, '_count', body)
    return Number(count)
  }

  /** A search sees what was refreshed, so it is: other Weirs' changes count too. */
  async #search(kind: DocumentKind, what: string, body: object): Promise<JsonRecord> {
    const index = await this.#index(kind)
    bodyOf(await this.#ask({ method: 'POST', path: `/${index}/_refresh` }), 200)
    const path = `/${index}/${what}`
    return bodyOf(await this.#ask({ method: 'POST', path, body: JSON.stringify(body) }), 200)
  }

  /** The index of a kind, made or given the fields that are declared now. */
  async #index(kind: DocumentKind): Promise<string> {
    const index = this.#prefix + kind.name
    const known = this.#prepared.get(kind.name)
    if (known?.kind === kind) {
      await known.ready
      return index
    }
    const ready = this.#prepare(index, kind)
    this.#prepared.set(kind.name, { kind, ready })
    // Tried again with the next request.
    ready.catch(() => this.#prepared.delete(kind.name))
    await ready
    return index
  }

  async #prepare(index: string, kind: DocumentKind): Promise<void> {
    const mappings = mappingOf(kind)
    const settings = { index: { hidden: true, number_of_shards: 1, auto_expand_replicas: '0-1' } }
    const body = JSON.stringify({ settings, mappings })
    const made = await this.#ask({ method: 'PUT', path: `/${index}`, body })
    if (made.status === 200) return
    if (made.status !== 400 || !made.text.includes('resource_already_exists')) bodyOf(made, 200)
    const found = bodyOf(await this.#ask({ method: 'GET', path: `/${index}/_mapping` }), 200)
    const declared = declaredIn(found[index])
    const missing = Object.keys(kind.fields).filter((path) => !declared.has(path))
    if (missing.length === 0) return
    const path = `/${index}/_mapping`
    bodyOf(await this.#ask({ method: 'PUT', path, body: JSON.stringify(mappings) }), 200)
    await this.#fill(index, kind)
  }

  /** Gives old documents the fields that are declared only now. Whoever changes one meanwhile does it too. */
  async #fill(index: string, kind: DocumentKind): Promise<void> {
    const bare = { name: kind.name, fields: {} }
    this.#prepared.set(kind.name, { kind: bare, ready: Promise.resolve() })
    for (let after: string | undefined; ;) {
      const page = await this.find(bare, { limit: 500, ...(after !== undefined && { after }) })
      for (const { id, body, version } of page.documents) {
        const stored: Stored = { id, fields: fieldValues(kind, body), body: JSON.stringify(body) }
        const path = `/${index}/_doc/${pathOf(id)}?${conditionOf(version)}`
        await this.#ask({ method: 'PUT', path, body: JSON.stringify(stored) })
      }
      after = page.next
      if (after === undefined) return
    }
  }

  async #ask(request: Request): Promise<Answer> {
    const deadline = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(requestMs)])
    try {
      return await this.#cluster.request(request, deadline)
    } catch (failure) {
      this.#stopping.signal.throwIfAborted()
      throw failure
    }
  }
}

function conditionOf(version: DocumentVersion | undefined): string {
  if (version === undefined) return ''
  const [sequence = '', term = ''] = version.split('.')
  return `if_seq_no=${encodeURIComponent(sequence)}&if_primary_term=${encodeURIComponent(term)}`
}

const versionOf = (hit: JsonRecord) =>
  `${Number(hit['_seq_no'])}.${Number(hit['_primary_term'])}` as DocumentVersion

function documentOf(hit: JsonRecord): Document {
  const stored = hit['_source'] as unknown as Stored
  return { id: stored.id, version: versionOf(hit), body: JSON.parse(stored.body) as JsonRecord }
}

/** @throws RetryableError with the server's words for any other status. */
function bodyOf(answer: Answer, ...expected: readonly number[]): JsonRecord {
  if (expected.includes(answer.status)) return JSON.parse(answer.text) as JsonRecord
  const text = `${answer.host} answered ${answer.status}: ${answer.text.slice(0, 500)}`
  throw new RetryableError('WEIR_OUTPUT_REFUSED', text)
}

function declaredIn(index: JsonValue | undefined): Set<string> {
  const { mappings } = (index ?? {}) as { mappings?: { _meta?: { fields?: string[] } } }
  return new Set(mappings?._meta?.fields)
}

function cursorOf(after: string, length: number): JsonValue[] {
  try {
    const values = JSON.parse(Buffer.from(after, 'base64url').toString()) as JsonValue
    if (Array.isArray(values) && values.length === length) return values
  } catch {
    // Said below.
  }
  throw new TypeError('`after` is not the `next` of an earlier answer')
}

const pathOf = encodeURIComponent
