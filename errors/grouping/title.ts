import type { EventView } from './event_view.ts'
import { crashFrame } from './crash_frame.ts'
import { mainException } from './main_exception.ts'
import { familyOf } from './platform.ts'
import { securityTitle } from './security_title.ts'

/** What an issue is called, and where people look for it. */
export interface Title {
  readonly title: string
  readonly type: string
  readonly value: string
  readonly culprit: string
  readonly location: string
  readonly function: string
}

const maxTitle = 256
const maxValue = 1024
const maxCulprit = 200

export function titleOf(view: EventView): Title {
  const { event } = view
  const security = securityTitle(event)
  const main = mainException(view)
  const frame = crashFrame(view)
  const name = frame?.function ?? ''
  // Made up by the SDK to carry a stack; of native crashes even its message says only which signal.
  const synthetic = main?.mechanism?.synthetic === true && familyOf(event.platform) !== 'javascript'
  const type = main ? (main.type ?? '') : ''
  const value = main
    ? (main.value ?? '')
    : (event.logentry?.formatted ?? event.logentry?.message ?? '')
  const said = synthetic && name !== '' ? '' : nameOf(type, value)
  return {
    title: cut(
      security?.title ||
        said ||
        (main ? name || '<unknown>' : templateTitle(view) || name || '<unlabeled event>'),
      maxTitle,
    ),
    type: cut(type, maxTitle),
    value: cut(value, maxValue),
    culprit: cut(event.transaction || security?.culprit || culpritOf(frame), maxCulprit),
    location: cut(frame?.filename ?? frame?.abs_path ?? '', maxTitle),
    function: cut(name, maxTitle),
  }
}

/** `TypeError: x is not a function`. */
function nameOf(type: string, value: string): string {
  const line = firstLine(value)
  if (type === '') return line
  return line === '' ? type : `${type}: ${line}`
}

function firstLine(text: string): string {
  const start = text.slice(0, 8192).trimStart()
  const end = start.search(/[\r\n]/)
  return (end < 0 ? start : start.slice(0, end)).trimEnd()
}

function templateTitle({ event }: EventView): string {
  const filename = event.template?.filename
  return typeof filename === 'string' ? `Template: ${filename}` : ''
}

/** `app/models.py in save`, `com.example.Cart in add`. */
function culpritOf(frame: ReturnType<typeof crashFrame>): string {
  if (!frame) return ''
  const place = frame.module || frame.filename || frame.abs_path || ''
  if (!frame.function) return place
  return place === '' ? frame.function : `${place} in ${frame.function}`
}

/** At most `most` characters, none of them halved. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text.toWellFormed()
  return `${text.slice(0, most - 3).replace(/[\ud800-\udbff]$/, '')}...`.toWellFormed()
}
