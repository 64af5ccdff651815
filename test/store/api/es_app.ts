import { DatabaseSync } from 'node:sqlite'
import type { FastifyInstance } from 'fastify'
import { systemClock } from '../../../core/clock.ts'
import type { Batch } from '../../../core/journal/batch.ts'
import { Api } from '../../../store/api/api.ts'
import { catalogueStore } from '../../../store/api/catalogue_store.ts'
import { apiSchema } from '../../../store/api/database.ts'
import { idTable } from '../../../store/api/ids.ts'
import { addElasticsearchRoutes } from '../../../store/api/routes.ts'
import { apiLimits } from '../../../store/api/limits.ts'
import type { ApiServices } from '../../../store/api/services.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { createTestApp } from '../../core/http/app.ts'
import type { HttpServer } from '../../../core/http/server.ts'
import { FakeEngine } from './fake_engine.ts'

export const testNowMs = Date.UTC(2026, 10, 21, 12)

export interface EsApp {
  readonly http: HttpServer
  readonly app: FastifyInstance
  readonly engine: FakeEngine
  readonly services: ApiServices
  /** Sends a request below the prefix; a body that is no text is sent as JSON. */
  ask(
    method: string,
    url: string,
    body?: string | Buffer | object,
    headers?: Record<string, string>,
  ): Promise<EsAnswer>
}

export interface EsAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** The answer as JSON, of whatever shape a test expects. */
  readonly body: Loose
}
export type Loose = { readonly [key: string]: Loose } & readonly Loose[]

/** The API on an engine in memory, under `/es` or `prefix`. */
export function createEsApp(
  given: Partial<ApiServices> & {
    append?: (batches: readonly Batch[]) => Promise<'durable' | 'dropped'>
    http?: Record<string, unknown>
    prefix?: string
  } = {},
): EsApp {
  const { http: config = {}, prefix = '/es', ...overrides } = given
  const engine = new FakeEngine()
  const sqlite = new DatabaseSync(':memory:')
  sqlite.exec(apiSchema)
  let byte = 0
  const services: ApiServices = {
    engine,
    append: async (batches) => {
      engine.take(batches)
      return 'durable'
    },
    paused: () => undefined,
    ids: idTable(sqlite),
    catalogue: catalogueStore(sqlite),
    limits: apiLimits.parse({}),
    questionTimeoutMs: 30_000,
    clock: { ...systemClock, now: () => testNowMs },
    randomBytes: (count) => Uint8Array.from({ length: count }, () => byte++ & 255),
    clusterName: 'weir',
    nodeName: 'test',
    ...overrides,
  }
  const { http } = createTestApp(config)
  const { app } = http
  const mistakes: unknown[] = []
  const api = new Api(services)
  addElasticsearchRoutes(
    app,
    prefix,
    () => api,
    (failure) => mistakes.push(failure),
  )
  const ask: EsApp['ask'] = async (method, url, body, headers = {}) => {
    const isJson = typeof body === 'object' && !Buffer.isBuffer(body)
    const payload = isJson ? JSON.stringify(body) : body
    const reply = await app.inject({
      method: method as 'GET',
      url: prefix + url,
      ...(payload === undefined ? {} : { payload }),
      headers: {
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    })
    if (mistakes.length > 0) throw mistakes[0]
    const isText = !String(reply.headers['content-type']).includes('json') || reply.body === ''
    const parsed = isText ? undefined : (JSON.parse(reply.body) as JsonRecord)
    return {
      status: reply.statusCode,
      headers: reply.headers,
      text: reply.body,
      body: parsed as unknown as Loose,
    }
  }
  return { http, app, engine, services, ask }
}

/** NDJSON of values. */
export const ndjson = (...values: readonly unknown[]): string =>
  values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('')
