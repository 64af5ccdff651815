import { setOwn } from '../../core/json.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'

/**
 * What was done to a value: by which rule, whether a part was substituted or the whole removed, and which
 * characters of the text as it is now came instead (develop.sentry.dev/sdk/data-model/event-payloads `_meta`).
 */
export type Remark = [rule: string, kind: 's' | 'x', start?: number, end?: number]

/** Marks of one event; one that needs more has its later ones left out. */
const maxMarks = 1_000
/** Of one value. */
export const maxRemarks = 16
/** Under a longer name there are no marks: they would be longer than what they say is gone. */
export const maxKey = 256

/**
 * Writes an event's `_meta`, which mirrors the event's shape: the object under `''` says what happened to the
 * value at that path. Whoever walks the event tells where he is; nothing is allocated until there is a mark.
 */
export class Marks {
  /** From the event's root to the value that is looked at. */
  readonly path: (string | number)[] = []
  #root: JsonRecord | undefined
  #left = maxMarks

  /** @param root the `_meta` that the event has; it is written into. */
  constructor(root: JsonRecord | undefined) {
    this.#root = root
  }

  get root(): JsonRecord | undefined {
    return this.#root
  }

  /**
   * Of the value under `key` of where the walk is.
   * @param length of the value as it came: characters of a text, entries of a list or an object
   */
  remark(key: string | number, remark: Remark | undefined, length?: number): void {
    if (this.#left === 0 || cannotBeMarked(key) || this.path.some(cannotBeMarked)) return
    this.#left--
    this.#root ??= {}
    let node = this.#root
    for (const step of this.path) node = childOf(node, String(step).toWellFormed())
    const meta = childOf(childOf(node, String(key).toWellFormed()), '')
    if (length !== undefined && meta['len'] === undefined) meta['len'] = length
    if (remark === undefined) return
    const known = meta['rem']
    if (!Array.isArray(known)) meta['rem'] = [remark as JsonValue]
    else if (known.length < maxRemarks) known.push(remark as JsonValue)
  }
}

/** The empty name is that of marks themselves. */
const cannotBeMarked = (key: string | number): boolean =>
  typeof key === 'string' && (key === '' || key.length > maxKey)

function childOf(node: JsonRecord, key: string): JsonRecord {
  const known = Object.hasOwn(node, key) ? node[key] : undefined
  if (typeof known === 'object' && known !== null && !Array.isArray(known)) return known
  const child: JsonRecord = {}
  setOwn(node, key, child)
  return child
}
