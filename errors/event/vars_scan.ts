import { hasControls, hasUnicode, type JsonWalk } from './json_walk.ts'

const COMMA = 0x2c
const OPEN_LIST = 0x5b
const OPEN = 0x7b
/** As frames.ts reads them. */
const maxDepth = 5

export interface VarsScanRules {
  /** Whether scrubbing leaves variables as they are, by their JSON. */
  readonly areCleanVars: (json: string) => boolean
  /** Most bytes of the variables of a frame. */
  readonly maxVarsSize: number
}

/** JSON of a value, or of a member: its name and value. */
interface Place {
  readonly start: number
  readonly end: number
}

export interface ScannedVars {
  /** Behind them. */
  readonly end: number
  /** Whether they are copied, but for what is read. */
  readonly stay: boolean
  /** What has to be read: all of them, or members of those that stay. */
  readonly odd: readonly Place[]
}

/** Looks through the variables of a frame. @returns undefined for what is no JSON */
export function scanVars(
  walk: JsonWalk,
  start: number,
  { areCleanVars, maxVarsSize }: VarsScanRules,
): ScannedVars | undefined {
  const { bytes } = walk
  /** Of what the walk was over last. */
  const arePlain = (from: number, to: number) =>
    !walk.hasOddNumber &&
    (walk.has & (hasUnicode | hasControls)) === 0 &&
    areCleanVars(bytes.toString('utf8', from, to))
  const end = walk.value(start)
  if (end < 0) return undefined
  const isEmpty = end === start + 2 && (bytes[start] === OPEN || bytes[start] === OPEN_LIST)
  if (isEmpty) return { end, stay: false, odd: [] }
  const fit = walk.size <= maxVarsSize && walk.depth <= maxDepth
  if (bytes[start] !== OPEN || !fit) return { end, stay: false, odd: [{ start, end }] }
  return { end, stay: true, odd: arePlain(start, end) ? [] : oddMembers(walk, start, arePlain) }
}

function oddMembers(
  walk: JsonWalk,
  open: number,
  arePlain: (start: number, end: number) => boolean,
): Place[] {
  const { bytes } = walk
  const odd: Place[] = []
  for (let at = open; at === open || bytes[at] === COMMA;) {
    const start = at + 1
    const nameEnd = walk.text(start + 1)
    const { has } = walk
    at = walk.value(nameEnd + 2)
    walk.has |= has
    if (!arePlain(start, at)) odd.push({ start, end: at })
  }
  return odd
}
