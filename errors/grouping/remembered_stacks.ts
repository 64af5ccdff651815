import type { Frame, Stacktrace } from '../event/sentry_event.ts'
import { UnreadStacktrace } from '../event/unread_frames.ts'
import type { Component } from './component.ts'

/** The frame that people look at first. */
export interface CrashFrame {
  /** As grouping shows it; empty for none. */
  readonly function: string
  readonly module: string | undefined
  readonly filename: string | undefined
  readonly abs_path: string | undefined
  readonly package: string | undefined
}

/** What a stack trace is to a group and its title: the same for all that read the same. */
export interface KnownStack {
  /** As the variants see it, without what it is made of. */
  readonly app: Component
  readonly system: Component
  readonly crash?: CrashFrame
}

/** All of a stack trace that rules, grouping and titles read; the exception that it belongs to is not in it. */
interface Remembered {
  readonly platform: string
  readonly snapshot: boolean
  readonly frames: readonly RememberedFrame[]
  readonly known: KnownStack
}

interface RememberedUnread {
  readonly platform: string
  readonly snapshot: boolean
  /** How many. */
  readonly frames: number
  readonly known: KnownStack
}

type Read =
  | 'function'
  | 'raw_function'
  | 'module'
  | 'filename'
  | 'abs_path'
  | 'package'
  | 'platform'
  | 'context_line'
  | 'lineno'
  | 'colno'
type RememberedFrame = { readonly [Key in Read]: Frame[Key] | undefined } & {
  readonly isInApp: boolean
  readonly isMapped: boolean
}

/** A power of two. Each has room for two. */
const places = 2048
/** Most frames of all stack traces under all rules: some 20 MB. Beyond it all are forgotten. */
const maxFrames = 60_000
/** A stack trace with more, or one with a line that is longer, is looked at anew each time. */
const maxDepth = 250
const maxText = 1000

/**
 * Stack traces that were seen last: the same errors come again and again. Comparing texts costs a third of making a
 * key of them and hashing it.
 */
export class RememberedStacks {
  /** All that remember something, and how many frames. */
  static readonly #all = new Set<RememberedStacks>()
  static #frames = 0
  readonly #places: (Remembered | undefined)[] = Array.from({ length: places * 2 })
  /** Of unread ones, by their keys, which are remembered too; oldest first. */
  readonly #unread = new Map<string, RememberedUnread>()

  /** @param platform of the event. */
  find(stacktrace: Stacktrace, platform: string, look: () => KnownStack): KnownStack {
    if (stacktrace instanceof UnreadStacktrace) return this.#findUnread(stacktrace, platform, look)
    const place = placeOf(stacktrace) * 2
    const first = this.#places[place]
    if (first && isSame(first, stacktrace, platform)) return first.known
    const second = this.#places[place + 1]
    if (second && isSame(second, stacktrace, platform)) {
      this.#places[place + 1] = first
      this.#places[place] = second
      return second.known
    }
    const known = look()
    if (!isFit(stacktrace)) return known
    this.#makeRoom(stacktrace.frames.length, second?.frames.length ?? 0)
    this.#places[place + 1] = this.#places[place]
    this.#places[place] = rememberedOf(stacktrace, platform, known)
    return known
  }

  #findUnread(stacktrace: UnreadStacktrace, platform: string, look: () => KnownStack): KnownStack {
    const { unread } = stacktrace
    const snapshot = stacktrace.snapshot === true
    const found = this.#unread.get(unread.key)
    if (found?.platform === platform && found.snapshot === snapshot) return found.known
    const known = look()
    if (unread.length > maxDepth || unread.factSize > unread.length * maxText) return known
    let going = 0
    if (found) going = found.frames
    else if (this.#unread.size === places * 2) {
      const [oldest, { frames }] = this.#unread.entries().next().value!
      this.#unread.delete(oldest)
      going = frames
    }
    this.#makeRoom(unread.length, going)
    this.#unread.set(unread.key, { platform, snapshot, frames: unread.length, known })
    return known
  }

  #makeRoom(coming: number, going: number): void {
    RememberedStacks.#frames += coming - going
    if (RememberedStacks.#frames > maxFrames) {
      for (const each of RememberedStacks.#all) {
        each.#places.fill(undefined)
        each.#unread.clear()
      }
      RememberedStacks.#all.clear()
      RememberedStacks.#frames = coming
    }
    RememberedStacks.#all.add(this)
  }
}

/** From the lines and the lengths of names of the frames nearest to what threw. */
function placeOf({ frames }: Stacktrace): number {
  let mixed = frames.length
  for (let at = Math.max(0, frames.length - 8); at < frames.length; at++) {
    const { lineno = 0, function: name = '' } = frames[at]!
    mixed = Math.imul(mixed ^ lineno, 0x85ebca6b)
    mixed = Math.imul(mixed ^ (name.length * 128 + (name.charCodeAt(name.length - 1) | 0)), 31)
    mixed ^= mixed >>> 15
  }
  return mixed & (places - 1)
}

function isSame(
  { platform: ofEvent, snapshot, frames: known }: Remembered,
  stacktrace: Stacktrace,
  platform: string,
): boolean {
  const { frames } = stacktrace
  if (known.length !== frames.length) return false
  if (ofEvent !== platform || snapshot !== (stacktrace.snapshot === true)) return false
  // What differs differs most often near what threw.
  for (let at = frames.length - 1; at >= 0; at--) {
    const [a, b] = [known[at]!, frames[at]!]
    if (a.lineno !== b.lineno || a.function !== b.function || a.colno !== b.colno) return false
    if (a.filename !== b.filename || a.abs_path !== b.abs_path) return false
    if (a.module !== b.module || a.context_line !== b.context_line) return false
    if (a.raw_function !== b.raw_function || a.package !== b.package) return false
    if (a.platform !== b.platform || a.isInApp !== (b.in_app === true)) return false
    if (a.isMapped !== isMapped(b)) return false
  }
  return true
}

const isMapped = (frame: Frame): boolean => frame.data?.sourcemap != null

const isFit = ({ frames }: Stacktrace): boolean =>
  frames.length <= maxDepth &&
  frames.every(({ context_line: line = '', function: name = '', module = '', ...rest }) => {
    const { abs_path: path = '', filename = '', raw_function: raw = '' } = rest
    return (
      line.length + name.length + module.length + path.length + filename.length + raw.length <=
      maxText
    )
  })

function rememberedOf(
  { frames, snapshot }: Stacktrace,
  platform: string,
  known: KnownStack,
): Remembered {
  return {
    platform,
    snapshot: snapshot === true,
    frames: frames.map((frame) => ({
      function: frame.function,
      raw_function: frame.raw_function,
      module: frame.module,
      filename: frame.filename,
      abs_path: frame.abs_path,
      package: frame.package,
      platform: frame.platform,
      context_line: frame.context_line,
      lineno: frame.lineno,
      colno: frame.colno,
      isInApp: frame.in_app === true,
      isMapped: isMapped(frame),
    })),
    known,
  }
}
