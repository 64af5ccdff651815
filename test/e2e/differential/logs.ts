import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonRecord } from '../../../store/search.ts'
import { webTypes } from '../aggregation_requests.ts'
import { ask, type Case } from './case.ts'

const project = join(import.meta.dirname, '..', '..', '..')
const folder = join(project, '..', 'shared', 'data')

/** Logs of real servers, and the parser that reads each. */
const logs = {
  web: ['nginx', 'apache-combined.log'],
  sshd: ['syslog', 'loghub-openssh.log'],
  linux: ['syslog', 'loghub-linux.log'],
  plus: ['json', 'nginx-plus.json.log'],
} as const
export type LogName = keyof typeof logs

export const hasLogs = existsSync(folder)
if (!hasLogs) console.log(`skipped what asks real logs: ${folder} does not exist`)

const keyword = { type: 'keyword' }
const syslog: JsonRecord = {
  properties: {
    '@timestamp': { type: 'date' },
    message: { type: 'text' },
    'host.name': keyword,
    'process.name': keyword,
    'process.pid': { type: 'long' },
    'log.syslog.appname': keyword,
    'log.syslog.hostname': keyword,
    'log.syslog.procid': keyword,
    id: { type: 'long' },
  },
}
const web = Object.entries(webTypes).map(([path, type]) => [path, { type: type.replace('[]', '') }])

export const logMappings: Readonly<Record<LogName, JsonRecord>> = {
  web: { properties: { ...Object.fromEntries(web), id: { type: 'long' } } as JsonRecord },
  sshd: syslog,
  linux: syslog,
  // Thousands of names: those of hosts are among them.
  plus: {
    dynamic: false,
    properties: {
      id: { type: 'long' },
      address: { type: 'ip' },
      timestamp: { type: 'date' },
      connections: { properties: { active: { type: 'long' }, idle: { type: 'long' } } },
      requests: { properties: { total: { type: 'long' }, current: { type: 'integer' } } },
    },
  },
}

/** The events of a log, numbered. */
export function logDocuments(name: LogName): readonly JsonRecord[] {
  const [parser, file] = logs[name]
  const options = { maxBuffer: 1e9, encoding: 'utf8' } as const
  const args = ['parse', parser, join(folder, file)]
  const lines = execFileSync(join(project, 'bin', 'weir'), args, options)
    .trimEnd()
    .split('\n')
  return lines.map((line, at) => ({ id: at + 1, ...(JSON.parse(line) as JsonRecord) }))
}

const page = (of: LogName, query: JsonRecord, more: JsonRecord = {}): Case =>
  ask(of, { query, size: 20, track_total_hits: true, sort: [{ id: 'asc' }], ...more })
const lucene = (of: LogName, query: string) => page(of, { query_string: { query } })
const daily = { date_histogram: { field: '@timestamp', calendar_interval: '1d' } }

export const logCases: Readonly<Record<string, readonly Case[]>> = {
  'real logs': [
    ...[
      'url.path:\\/presentations*',
      'http.response.status_code:404',
      'http.response.status_code:[400 TO 599] AND http.request.method:GET',
      'source.ip:"83.149.0.0/16"',
      'user_agent.original:*Firefox* AND NOT url.path:*png',
      'url.path:/.*\\.(png|jpg)/',
      'http.response.body.bytes:>1000000',
      'NOT _exists_:http.response.body.bytes',
      '@timestamp:["2015-05-18T00:00:00" TO "2015-05-18T01:00:00"]',
      'http.request.referrer:*google* OR http.request.method:(HEAD OR POST)',
    ].map((query) => lucene('web', query)),
    ...[
      'message:"authentication failure"',
      'message:(failed AND password)',
      'message:"Failed password for invalid user"',
      'message:173.234.31.186',
      'message:break-in',
      'message:BREAK',
      'process.pid:[24200 TO 24300]',
      'message:rhost AND NOT message:root',
      '"Connection closed" OR disconnect',
      'message:preauth*',
      'message:/user[a-z]*/ AND process.name:sshd',
    ].flatMap((query) => [lucene('sshd', query), lucene('linux', query)]),
    page('linux', { match: { message: 'session opened for user news' } }, { size: 5 }),
    page('linux', { match: { message: { query: 'session opened user', operator: 'and' } } }),
    page('linux', { match_phrase_prefix: { message: 'session op' } }),
    page('linux', { match_phrase: { message: { query: 'session user', slop: 3 } } }),
    page(
      'sshd',
      { match: { message: 'invalid' } },
      { highlight: { fields: { message: { type: 'plain' } } } },
    ),
    page(
      'sshd',
      { prefix: { message: 'auth' } },
      { sort: [{ '@timestamp': 'desc' }, { id: 'desc' }] },
    ),
    page(
      'sshd',
      { match_all: {} },
      { size: 0, aggs: { a: { terms: { field: 'process.name' } }, d: daily } },
    ),
    page(
      'linux',
      { match: { message: 'failure' } },
      {
        size: 0,
        aggs: { p: { terms: { field: 'log.syslog.appname', size: 3 }, aggs: { d: daily } } },
      },
    ),
    page(
      'web',
      { range: { '@timestamp': { gte: '2015-05-19', lt: '2015-05-20' } } },
      {
        sort: [{ 'http.response.body.bytes': 'desc' }, { id: 'asc' }],
        _source: ['url', 'http.response'],
      },
    ),
    page(
      'web',
      { match_all: {} },
      { from: 9_980, _source: false, fields: ['source.ip', 'url.path'] },
    ),
    page(
      'web',
      { term: { 'source.ip': '83.149.9.216' } },
      {
        docvalue_fields: [
          'http.response.status_code',
          { field: '@timestamp', format: 'epoch_millis' },
        ],
      },
    ),
    page(
      'web',
      { bool: { must_not: [{ term: { 'http.response.status_code': 200 } }] } },
      { sort: [{ '@timestamp': 'asc' }, { id: 'asc' }], search_after: [1_431_957_903_000, 2_000] },
    ),
    page(
      'plus',
      { range: { 'connections.active': { gte: 30 } } },
      { _source: ['connections', 'requests'] },
    ),
    page(
      'plus',
      { term: { address: '206.251.255.64' } },
      {
        size: 0,
        aggs: {
          r: { max: { field: 'requests.total' } },
          h: { date_histogram: { field: 'timestamp', fixed_interval: '1h' } },
        },
      },
    ),
    page(
      'plus',
      { query_string: { query: 'nginx_version:1.9.4' } },
      { size: 1, _source: ['nginx_version'] },
    ),
  ],
}
