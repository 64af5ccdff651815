import type { JsonRecord } from '../../store/search.ts'
import type { Project } from '../projects/project.ts'
import type { LogLines } from './gatherer.ts'
import { isRecord, textOf } from './json_text.ts'

/** Attributes with names of ECS; the others are `labels`. */
const ecsNames: Readonly<Record<string, string>> = {
  'sentry.environment': 'service.environment',
  'sentry.release': 'service.version',
  'server.address': 'host.name',
  'user.id': 'user.id',
  'user.name': 'user.name',
  'user.email': 'user.email',
  'browser.name': 'user_agent.name',
  'browser.version': 'user_agent.version',
  'code.file.path': 'log.origin.file.name',
  'code.function.name': 'log.origin.function',
}

const messageMax = 65_536
const valueMax = 8_192
const attributesMax = 200

/**
 * Log items of an SDK as events of the logs, in `logs-<project>-<environment>`, with ECS names as the collector's.
 *
 * @param items what the container holds; those that are no objects are left out.
 * @param redact hides secrets in a value, by its name.
 */
export function logEvents(
  items: readonly unknown[],
  project: Project,
  receivedMs: number,
  redact: (name: string, text: string) => string,
): LogLines[] {
  const streams = new Map<string, string[]>()
  for (const item of items) {
    if (!isRecord(item)) continue
    const attributes = attributesOf(item)
    const environment = attributes.get('sentry.environment') ?? 'default'
    const stream = `logs-${named(project.slug)}-${named(environment)}`
    const lines = streams.get(stream) ?? []
    lines.push(lineOf(item, attributes, project, receivedMs, redact))
    streams.set(stream, lines)
  }
  return Array.from(streams, ([stream, lines]) => ({ stream, tag: project.slug, lines }))
}

function lineOf(
  item: JsonRecord,
  attributes: ReadonlyMap<string, string>,
  project: Project,
  receivedMs: number,
  redact: (name: string, text: string) => string,
): string {
  const { timestamp, level, body, trace_id: trace } = item
  const event: Record<string, unknown> = {
    '@timestamp': timeOf(timestamp, receivedMs),
    message: redact('message', textOf(body, messageMax) ?? ''),
    log: { level: textOf(level, 32) ?? 'info' },
    service: { name: project.slug },
    ...(typeof trace === 'string' && /^[0-9a-f]{32}$/i.test(trace) && { trace: { id: trace } }),
  }
  const labels: [string, string][] = []
  for (const [name, text] of attributes) {
    const value = redact(name, text)
    const ecs = Object.hasOwn(ecsNames, name) ? ecsNames[name] : undefined
    if (ecs === undefined) labels.push([name.replaceAll('.', '_'), value])
    else setNested(event, ecs.split('.'), value)
  }
  // `fromEntries` makes an own key of `__proto__` too.
  if (labels.length > 0) event['labels'] = Object.fromEntries(labels)
  return `${JSON.stringify(event)}\n`
}

/** `{name: {value, type}}`, flat. */
function attributesOf({ attributes }: JsonRecord): Map<string, string> {
  const found = new Map<string, string>()
  if (!isRecord(attributes)) return found
  for (const [name, holder] of Object.entries(attributes)) {
    if (found.size >= attributesMax) break
    const value = isRecord(holder) ? holder['value'] : holder
    if (value === null || value === undefined || name === '') continue
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    found.set(name.slice(0, 200).toWellFormed(), text.slice(0, valueMax).toWellFormed())
  }
  return found
}

/** Only along the paths above, none of which is from outside. */
function setNested(event: Record<string, unknown>, path: readonly string[], value: string): void {
  const [step, ...rest] = path
  if (rest.length === 0) {
    event[step!] = value
    return
  }
  const inner = (event[step!] ??= {}) as Record<string, unknown>
  setNested(inner, rest, value)
}

const yearMs = 366 * 86_400_000

/** Seconds since the epoch, or ISO 8601; the time of receipt for what is neither, or far off. */
function timeOf(timestamp: unknown, receivedMs: number): string {
  const ms =
    typeof timestamp === 'number'
      ? timestamp * 1000
      : typeof timestamp === 'string'
        ? Date.parse(timestamp)
        : Number.NaN
  const isNear = ms > receivedMs - yearMs && ms < receivedMs + 86_400_000
  return new Date(isNear ? ms : receivedMs).toISOString()
}

/** A part of a stream's name: lower-case letters, digits, `_` and `.`. */
const named = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.]/g, '_')
    .slice(0, 100) || '_'
