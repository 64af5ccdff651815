import { createHash } from 'node:crypto'
import type { Reason } from '../../../core/reasons.ts'
import { errorsConfig } from '../../../errors/config.ts'
import { Acceptor } from '../../../errors/ingest/acceptor.ts'
import { type Lines, type ReportLine, writeLine } from '../../../errors/ingest/gatherer.ts'
import type { Incoming } from '../../../errors/ingest/incoming.ts'
import { preparingBy } from '../../../errors/ingest/preparing.ts'
import { ProjectTable } from '../../../errors/ingest/project_table.ts'
import { Quotas } from '../../../errors/ingest/quotas.ts'
import { TextBlock } from '../../../errors/text_block.ts'
import { projectSettings } from '../../../errors/projects/config.ts'
import type { Project } from '../../../errors/projects/project.ts'
import { decodeReport, type Report } from '../../../errors/reports.ts'

export const key = 'a'.repeat(32)
export const otherKey = 'b'.repeat(32)
export const nowMs = Date.UTC(2026, 10, 21, 20, 30)

export function projectOf(
  changes: Partial<Omit<Project, 'settings'>> & { settings?: object } = {},
): Project {
  const { settings = {}, ...others } = changes
  return {
    id: 42,
    slug: 'shop',
    name: 'shop',
    keys: [{ public: key, secret: '', label: 'Default', disabled: false }],
    source: 'config',
    createdMs: 0,
    settings: projectSettings.parse(settings),
    ...others,
  }
}

interface Options {
  readonly projects?: readonly Project[]
  readonly config?: object
  /** Makes appends fail. */
  readonly fails?: boolean
  readonly isStuck?: boolean
}

function textOf(line: ReportLine): string {
  const block = new TextBlock()
  writeLine(block, line)
  return Buffer.from(block.written).toString()
}

/** An acceptor on a journal in memory. */
export function acceptorOn({ projects = [projectOf()], config = {}, ...options }: Options = {}) {
  const parsed = errorsConfig.parse(config)
  const reports: Report[] = []
  const logs: { stream: string; event: Record<string, unknown> }[] = []
  const blobs = new Map<string, Uint8Array>()
  const counted: Partial<Record<Reason, number>> = {}
  const instrument = { inc: () => undefined }
  const quotas = new Quotas(parsed.quota, [])
  let ids = 0
  const acceptor = new Acceptor({
    ...preparingBy(
      () => parsed,
      (count) => Buffer.alloc(count, 7),
    ),
    context: {
      id: 'errors.ingest',
      log: { error: (fields: { err: unknown }) => void mistakes.push(fields.err) },
      metrics: {
        bytes_received: instrument,
        error_requests: instrument,
        error_reports: instrument,
        events_received: instrument,
      },
      count: (reason: Reason, amount = 1) =>
        void (counted[reason] = (counted[reason] ?? 0) + amount),
    } as never,
    limits: () => parsed.limits,
    projects: new ProjectTable(projects),
    quotas,
    gatherer: {
      add: async (lines: Lines) => {
        if (options.fails) throw new Error('ENOSPC')
        reports.push(...lines.reports.map((line) => decodeReport(textOf(line))))
        reports.push(...lines.behindLogs.map((line) => decodeReport(textOf(line))))
        for (const { stream, lines: texts } of lines.logs) {
          logs.push(
            ...texts.map((text) => ({
              stream,
              event: JSON.parse(text) as Record<string, unknown>,
            })),
          )
        }
      },
    },
    keep: async (bytes) => {
      const name = createHash('sha256').update(bytes).digest('hex')
      blobs.set(name, bytes.slice())
      return name
    },
    randomBytes: (count) => Buffer.alloc(count, ++ids),
    isStuck: () => options.isStuck ?? false,
  })
  const mistakes: unknown[] = []
  return {
    reports,
    logs,
    blobs,
    counted,
    mistakes,
    quotas,
    accept: (incoming: Incoming) => acceptor.accept(incoming),
    begun: () => acceptor.begun(),
    /** Posts with the key of the project in the query, as browsers do. */
    post: (body: string | Uint8Array, changes: IncomingChanges = {}) =>
      acceptor.accept(incomingWith(body, changes)),
    ofKind: <K extends Report['kind']>(kind: K) =>
      reports.filter((report): report is Extract<Report, { kind: K }> => report.kind === kind),
  }
}

export type IncomingChanges = Partial<Omit<Incoming, 'headers'>> & {
  headers?: Partial<Incoming['headers']>
}

export function incomingWith(
  body: string | Uint8Array,
  { headers, ...changes }: IncomingChanges = {},
): Incoming {
  return {
    endpoint: 'envelope',
    isGet: false,
    project: 42,
    path: {},
    query: `sentry_key=${key}&sentry_version=7`,
    headers: {
      sentryAuth: '',
      authorization: '',
      contentType: '',
      contentEncoding: '',
      origin: '',
      referer: '',
      userAgent: '',
      ...headers,
    },
    clientIp: '192.0.2.7',
    receivedMs: nowMs,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    ...changes,
  }
}

/** An envelope of items with payloads as text. */
export const envelopeOf = (
  headers: object,
  ...items: [headers: object, payload: string][]
): string =>
  [
    JSON.stringify(headers),
    ...items.flatMap(([header, payload]) => [JSON.stringify(header), payload]),
  ].join('\n')
