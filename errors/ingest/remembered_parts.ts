import { hash } from 'node:crypto'
import { readModules } from '../event/aside.ts'
import type { EventBounds } from '../event/bounds.ts'
import { Findings } from '../event/findings.ts'
import { readStacktrace } from '../event/frames.ts'
import { KnownModules, KnownStacktrace } from '../event/known_parts.ts'
import { Marks } from '../event/marks.ts'
import type { CompiledScrubbing } from '../scrub/rules.ts'
import { scrubStacktrace } from '../scrub/scrub.ts'
import { Scrubber } from '../scrub/walk.ts'
import type { JsonValue } from '../../store/search.ts'
import { readJson } from './json_text.ts'
import { Lately } from './lately.ts'

/** Characters of JSON, and what the frames are beside it. */
const mostKept = 24_000_000
const frameSize = 300
const mostSeen = 16_384
/** A longer part is read each time. */
const mostBytes = 131_072

type Part = KnownStacktrace | KnownModules

/**
 * Parts of events that came lately, by their bytes: the same errors come again and again, and most of an event is its
 * stack trace. What comes for the second time is normalised and scrubbed for good. What an SDK is told of (a mark, an
 * error) depends on where it is, so a part with anything of that kind is read each time.
 */
export class RememberedParts {
  readonly #bounds: EventBounds
  readonly #seen = new Lately<true>(mostSeen)
  readonly #kept = new Lately<Part | 'unfit'>(mostKept)

  constructor(bounds: EventBounds) {
    this.#bounds = bounds
  }

  /**
   * @param bytes JSON, an object.
   * @param under the name of the rules.
   */
  stacktrace(
    bytes: Uint8Array,
    rules: CompiledScrubbing,
    under: string,
  ): KnownStacktrace | undefined {
    const found = this.#find(`stack trace ${under}`, bytes, (value, findings) => {
      const stacktrace = readStacktrace(findings, 'stacktrace', value, this.#bounds)
      if (stacktrace === undefined) return undefined
      if (rules.active) {
        scrubStacktrace(new Scrubber(rules, findings.marks), 'stacktrace', stacktrace)
      }
      return new KnownStacktrace(stacktrace)
    })
    return found instanceof KnownStacktrace ? found : undefined
  }

  /** @param bytes JSON, an object. Nothing of it is scrubbed. */
  modules(bytes: Uint8Array): KnownModules | undefined {
    return this.#find('modules', bytes, (value, findings) => {
      const modules = readModules(findings, value, this.#bounds)
      return modules && new KnownModules(modules)
    })
  }

  #find(
    kind: string,
    bytes: Uint8Array,
    read: (value: JsonValue, findings: Findings) => Part | undefined,
  ): Part | undefined {
    if (bytes.length > mostBytes) return undefined
    const key = `${kind} ${hash('sha256', bytes, 'base64')}`
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept === 'unfit' ? undefined : kept
    if (this.#seen.get(key) === undefined) {
      this.#seen.add(key, true, 1)
      return undefined
    }
    const { value, isRepaired } = readJson(bytes)
    const findings = new Findings(new Marks(undefined))
    const part = read(value, findings)
    const isFit = !isRepaired && findings.errors.length === 0 && findings.marks.root === undefined
    if (part === undefined || !isFit) {
      this.#kept.add(key, 'unfit', frameSize)
      return undefined
    }
    const frames = part instanceof KnownStacktrace ? part.frames.length : 1
    this.#kept.add(key, part, part.json.length + frames * frameSize)
    return part
  }
}
