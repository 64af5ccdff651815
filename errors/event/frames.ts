import { parseLongAsText } from '../../core/exact_json.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { objectBag } from './bag.ts'
import type { EventBounds } from './bounds.ts'
import { Findings } from './findings.ts'
import { address, flag, isEmpty, isRecord, text, whole } from './reading.ts'
import type { Raw } from './reading.ts'
import type { Frame, Stacktrace } from './sentry_event.ts'
import { Marks } from './marks.ts'
import { UnreadFrames, UnreadStacktrace } from './unread_frames.ts'

const maxSymbol = 256
const maxPath = 256
/** What a path may be longer than its bound: one that is barely too long stays whole. */
const pathAllowance = 40
const maxModule = 1_024
const maxLine = 1_024
const maxLines = 20

/** A stack trace: `{frames: […]}`, a bare list of frames or a single frame. Undefined when it has no frame. */
export function readStacktrace(
  findings: Findings,
  key: string,
  value: Raw,
  bounds: EventBounds,
): Stacktrace | undefined {
  if (isEmpty(value)) return undefined
  if (typeof value !== 'object') {
    findings.invalid(key, value, 'a stack trace')
    return undefined
  }
  findings.enter(key)
  const raw = isRecord(value) ? value : { frames: value as JsonValue }
  const stacktrace = readFrames(findings, raw, bounds)
  findings.leave()
  return stacktrace
}

function readFrames(
  findings: Findings,
  raw: JsonRecord,
  bounds: EventBounds,
): Stacktrace | undefined {
  const { frames: given } = raw
  const unread: unknown = given
  if (unread instanceof UnreadFrames) {
    return beside(findings, raw, unreadStacktrace(findings, unread, bounds))
  }
  if (isEmpty(given)) return undefined
  const list = Array.isArray(given) ? given : [given!]
  const most = bounds.max_frames
  const first = list.length > most ? Math.ceil(most / 4) : list.length
  const rest = list.length > most ? list.length - (most - first) : list.length
  const frames: Frame[] = []
  findings.enter('frames')
  for (let index = 0; index < list.length; index++) {
    if (index === first) index = rest
    const value = list[index]
    if (isRecord(value)) {
      findings.enter(frames.length)
      frames.push(readFrame(findings, value, bounds))
      findings.leave()
    } else if (value !== null && value !== undefined) findings.invalid(index, value, 'a frame')
  }
  slim(findings, frames, bounds.max_frames_with_context)
  findings.leave()
  if (list.length > most) findings.marks.remark('frames', undefined, list.length)
  if (frames.length === 0) return undefined
  return beside(findings, raw, { frames })
}

/** With what comes beside the frames. */
function beside(findings: Findings, raw: JsonRecord, stacktrace: Stacktrace): Stacktrace {
  if (typeof raw['snapshot'] === 'boolean') stacktrace.snapshot = raw['snapshot']
  const registers = objectBag(findings, raw, 'registers', 2, 4_096)
  if (registers !== undefined) stacktrace.registers = registers
  return stacktrace
}

function unreadStacktrace(
  findings: Findings,
  unread: UnreadFrames,
  bounds: EventBounds,
): UnreadStacktrace {
  for (const vars of unread.vars) {
    findings.enter('frames')
    findings.enter(vars.frame)
    const raw = { vars: parseLongAsText(unread.varsJson(vars)) as JsonValue }
    vars.kept = readVars(findings, raw, bounds.max_vars_size)
    findings.leave()
    findings.leave()
  }
  return new UnreadStacktrace(unread)
}

/** A frame of its JSON, whatever is wrong with it. */
export const frameOf = (json: string, bounds: EventBounds): Frame =>
  readFrame(new Findings(new Marks(undefined)), JSON.parse(json) as JsonRecord, bounds)

function readFrame(findings: Findings, raw: JsonRecord, bounds: EventBounds): Frame {
  const frame: Frame = {}
  readPlace(findings, raw, frame)
  const module = text(findings, raw, 'module', maxModule)
  if (module !== undefined) frame.module = module
  const name = text(findings, raw, 'function', maxSymbol)
  if (name !== undefined && name !== '?') frame.function = name
  const rawName = text(findings, raw, 'raw_function', maxSymbol)
  if (rawName !== undefined) frame.raw_function = rawName
  const lineno = whole(findings, raw, 'lineno')
  if (lineno !== undefined) frame.lineno = lineno
  const colno = whole(findings, raw, 'colno')
  if (colno !== undefined) frame.colno = colno
  readSource(findings, raw, frame)
  const inApp = flag(findings, raw, 'in_app')
  if (inApp !== undefined) frame.in_app = inApp
  const vars = readVars(findings, raw, bounds.max_vars_size)
  if (vars !== undefined) frame.vars = vars
  const platform = text(findings, raw, 'platform', 64)
  if (platform !== undefined) frame.platform = platform
  const data = objectBag(findings, raw, 'data', 5, 2_048)
  if (data !== undefined) frame.data = data
  readNative(findings, raw, frame)
  return frame
}

/** The absolute path stays as it came, as source maps are found by it; `filename` of a URL is its path. */
function readPlace(findings: Findings, raw: JsonRecord, frame: Frame): void {
  const filename = text(findings, raw, 'filename', maxPath, pathAllowance)
  const absolute = text(findings, raw, 'abs_path', maxPath, pathAllowance) ?? filename
  if (absolute === undefined) return
  frame.filename = pathOf(filename ?? absolute)
  frame.abs_path = absolute
}

const schemes = ['http:', 'https:', 'file:', 'applewebdata:']

/** @param scheme with its colon */
export const isUrlScheme = (scheme: string): boolean => schemes.includes(scheme.toLowerCase())

function pathOf(place: string): string {
  const colon = place.indexOf(':')
  if (colon < 4 || colon > 12 || !isUrlScheme(place.slice(0, colon + 1))) return place
  const url = URL.parse(place)
  return url === null || url.pathname === '/' || url.pathname === '' ? place : url.pathname
}

function readSource(findings: Findings, raw: JsonRecord, frame: Frame): void {
  const line = raw['context_line']
  if (line === '') frame.context_line = ''
  else if (line !== undefined && line !== null) {
    const read = text(findings, raw, 'context_line', maxLine)
    if (read !== undefined) frame.context_line = read
  }
  const before = readLines(findings, raw, 'pre_context')
  if (before !== undefined) frame.pre_context = before
  const after = readLines(findings, raw, 'post_context')
  if (after !== undefined) frame.post_context = after
}

/** Source lines. A single text, which is no list, is one line. */
function readLines(
  findings: Findings,
  raw: JsonRecord,
  key: 'pre_context' | 'post_context',
): string[] | undefined {
  const value = raw[key]
  if (isEmpty(value)) return undefined
  const list = Array.isArray(value) ? value : [value!]
  // Those nearest to the frame's line are kept.
  const start = key === 'pre_context' ? Math.max(0, list.length - maxLines) : 0
  const end = Math.min(list.length, start + maxLines)
  const lines: string[] = []
  for (let index = start; index < end; index++) {
    const line = list[index]
    if (typeof line === 'string') {
      const clean = line.isWellFormed() ? line : line.toWellFormed()
      lines.push(clean.length <= maxLine ? clean : cutLine(findings, key, lines.length, clean))
    } else {
      if (line !== null) findings.invalid(key, line, 'a list of strings')
      lines.push('')
    }
  }
  if (lines.length < list.length) findings.marks.remark(key, undefined, list.length)
  return lines
}

function cutLine(findings: Findings, key: string, index: number, line: string): string {
  findings.enter(key)
  const short = findings.cut(index, line, maxLine)
  findings.leave()
  return short
}

function readVars(findings: Findings, raw: JsonRecord, maxSize: number): JsonRecord | undefined {
  const { vars } = raw
  if (!Array.isArray(vars)) return objectBag(findings, raw, 'vars', 5, maxSize)
  const named = Object.fromEntries(vars.map((value, index) => [index, value]))
  return objectBag(findings, { vars: named }, 'vars', 5, maxSize)
}

function readNative(findings: Findings, raw: JsonRecord, frame: Frame): void {
  const library = text(findings, raw, 'package', maxModule)
  if (library !== undefined) frame.package = library
  const symbol = text(findings, raw, 'symbol', maxSymbol)
  if (symbol !== undefined && symbol !== '?') frame.symbol = symbol
  const instruction = address(findings, raw, 'instruction_addr')
  if (instruction !== undefined) frame.instruction_addr = instruction
  const mode = text(findings, raw, 'addr_mode', 64)
  if (mode !== undefined) frame.addr_mode = mode
  const image = address(findings, raw, 'image_addr')
  if (image !== undefined) frame.image_addr = image
  const symbolAddress = address(findings, raw, 'symbol_addr')
  if (symbolAddress !== undefined) frame.symbol_addr = symbolAddress
}

/**
 * Beyond `allowance` frames the middle ones lose variables and neighbouring lines: first those of libraries, then
 * those of the application. What is outermost and innermost, where people look, is kept.
 */
function slim(findings: Findings, frames: readonly Frame[], allowance: number): void {
  let excess = frames.length - allowance
  if (excess <= 0) return
  for (const inApp of [false, true]) {
    const group: number[] = []
    for (const [index, frame] of frames.entries()) {
      if ((frame.in_app === true) === inApp) group.push(index)
    }
    const slimmed = Math.min(excess, group.length)
    const start = Math.ceil((group.length - slimmed) / 2)
    for (const index of group.slice(start, start + slimmed))
      slimOne(findings, index, frames[index]!)
    excess -= slimmed
  }
}

function slimOne(findings: Findings, index: number, frame: Frame): void {
  findings.enter(index)
  for (const key of ['vars', 'pre_context', 'post_context'] as const) {
    if (frame[key] === undefined) continue
    delete frame[key]
    findings.marks.remark(key, ['!limit', 'x'])
  }
  findings.leave()
}
