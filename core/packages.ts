import { createRequire } from 'node:module'

/**
 * Modules that a plain start does without, or would pay too much for: they are loaded where they are first
 * used, as CommonJS, which needs no `await`. What is asynchronous anyway says `await import()` instead.
 */
const load = createRequire(import.meta.url)

/** Importing it as an ES module evaluates all it exports, `WebSocket` too, and so loads undici: 70 ms. */
export const http = () => load('node:http') as typeof import('node:http')
export const https = () => load('node:https') as typeof import('node:https')

/** 72 files: 40 ms that a start without a config file saves. */
export const yaml = () => load('yaml') as typeof import('yaml')

/** 260 kB, for those who configure expressions that must not explode. */
export const re2 = () => load('re2js') as typeof import('re2js')

/** Encodings other than UTF-8. */
export const iconv = () => load('iconv-lite') as typeof import('iconv-lite')

/** The parts of prom-client without its index, which brings a push gateway and OpenTelemetry: 60 more files. */
type Prom = typeof import('prom-client')
export const prometheus: Pick<
  Prom,
  'Registry' | 'Counter' | 'Gauge' | 'Histogram' | 'AggregatorRegistry'
> = {
  Registry: load('prom-client/lib/registry') as Prom['Registry'],
  Counter: load('prom-client/lib/counter') as Prom['Counter'],
  Gauge: load('prom-client/lib/gauge') as Prom['Gauge'],
  Histogram: load('prom-client/lib/histogram') as Prom['Histogram'],
  AggregatorRegistry: load('prom-client/lib/cluster') as Prom['AggregatorRegistry'],
}
