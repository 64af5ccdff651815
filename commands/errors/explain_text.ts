import type { JsonRecord } from '../../store/search.ts'
import { printable } from '../ask/event_line.ts'

const text = (value: unknown): string =>
  printable(typeof value === 'string' ? value : String(value ?? ''))
const record = (value: unknown): JsonRecord => (value ?? {}) as JsonRecord
const list = (value: unknown): JsonRecord[] => (Array.isArray(value) ? (value as JsonRecord[]) : [])

/** What the answer of …/explain/ says, for people. */
export function explainText(explained: JsonRecord): string {
  const { issue, grouping, sampling } = explained
  const { shortId, title } = record(issue)
  return [
    `Event ${text(explained['eventID'])} of ${text(explained['project'])}`,
    '',
    ...section('Group', [`${text(shortId)}  ${text(title)}`, ...groupLines(record(grouping))]),
    '',
    ...section('Source maps', [
      ...summaryLines(explained),
      ...mapLines(list(explained['sourceMaps'])),
    ]),
    '',
    ...section('Removed', removedLines(list(explained['scrubbing']))),
    '',
    ...section('Kept', keptLines(record(sampling))),
  ].join('\n')
}

const section = (heading: string, lines: readonly string[]): string[] => [
  heading,
  ...lines.map((line) => `  ${line}`),
]

function groupLines({ version, hash, variants }: JsonRecord): string[] {
  const lines = [`by the hash ${text(hash)} of ${text(version)}`]
  for (const [name, given] of Object.entries(record(variants))) {
    const variant = record(given)
    const what = text(variant['description'] ?? variant['type'])
    if (variant['contributes'] === false || variant['hash'] == null) {
      lines.push(
        `${text(name)}: left out${variant['hint'] == null ? '' : ` (${text(variant['hint'])})`}`,
      )
      continue
    }
    lines.push(`${text(name)}: ${text(variant['hash'])}, made of ${what}`)
    if (variant['component'] != null) lines.push(...componentLines(record(variant['component']), 1))
  }
  return lines
}

/** Deeper than this nothing tells more than the line above it. */
const depthMax = 12

function componentLines(component: JsonRecord, depth: number): string[] {
  if (depth > depthMax) return []
  const indent = '  '.repeat(depth)
  const { contributes, hint, values } = component
  const name = text(component['name'] ?? component['id'])
  const parts = Array.isArray(values) ? values : []
  const own = parts.filter((part) => typeof part === 'string').map((part) => JSON.stringify(part))
  const note = hint == null ? '' : `  (${text(hint)})`
  const mark = contributes === true ? '+' : '-'
  const line = `${indent}${mark} ${name}${own.length > 0 ? ` ${printable(own.join(' '))}` : ''}${note}`
  if (contributes !== true) return hint == null ? [] : [line]
  const below = parts.filter((part) => typeof part === 'object' && part !== null)
  return [line, ...below.flatMap((part) => componentLines(record(part), depth + 1))]
}

function summaryLines({ sourceMapSummary, project, issue }: JsonRecord): string[] {
  const { frames, mapped, mappable, unmapped } = record(sourceMapSummary)
  if (Number(frames ?? 0) === 0) return ['no frame of it is of minified code']
  const lines = [`${text(mapped)} of ${text(frames)} frames of scripts are mapped`]
  for (const { reason, frames: those, file, debug_id } of list(unmapped)) {
    const id = debug_id == null ? '' : `, debug id ${text(debug_id)}`
    lines.push(`${text(those)} not: ${text(reason)} (${text(file)}${id})`)
  }
  if (Number(mappable ?? 0) > 0) {
    const path = `/api/0/projects/weir/${text(project)}/reprocessing/`
    const { id } = record(issue)
    lines.push(`what is there now maps ${text(mappable)}: POST ${path} {"issue": ${text(id)}}`)
  }
  return lines
}

function mapLines(frames: readonly JsonRecord[]): string[] {
  return frames.map((frame) => {
    const place = [frame['filename'], frame['line'], frame['column']].filter((part) => part != null)
    const what =
      frame['mapped'] === true
        ? `mapped by ${text(frame['sourceMap'] ?? 'an uploaded map')}`
        : `not mapped: ${text(frame['because'])}`
    return `${text(frame['of'])} #${String(frame['frame'])} ${text(place.join(':'))}: ${what}`
  })
}

function removedLines(removed: readonly JsonRecord[]): string[] {
  if (removed.length === 0) return ['nothing']
  return removed.map(({ path, rule, what, length }) => {
    return `${text(path)}: ${text(what)} by ${text(rule)}${length === undefined ? '' : ` (${String(length)} before)`}`
  })
}

function keptLines({ because, bytes, events, keptEvents }: JsonRecord): string[] {
  const whys = (Array.isArray(because) ? because : []).map(
    (name) => reasons[String(name)] ?? text(name),
  )
  return [
    `because it is ${whys.join(', ') || 'one of many'}; ${String(bytes)} bytes`,
    `${String(keptEvents)} of the issue's ${String(events)} events are kept`,
  ]
}

const reasons: Readonly<Record<string, string>> = {
  first: "the issue's first",
  newest: 'among the newest',
  release: 'the first in its release',
  environment: 'the first in its environment',
  tag: 'the first with a value of a tag',
  attached: 'one with files or feedback',
}
