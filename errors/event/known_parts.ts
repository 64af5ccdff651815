import type { JsonValue } from '../../store/search.ts'
import type { Frame, Stacktrace } from './sentry_event.ts'

/**
 * Parts of an event that came before, normalised and scrubbed as they are. All events that come with such a part
 * share it, so nobody may change it.
 */
abstract class KnownPart {
  /** All of it. */
  readonly json: string

  constructor(json: string) {
    this.json = json
  }

  toJSON(): JsonValue {
    return JSON.parse(this.json) as JsonValue
  }
}

/** Of a frame what groups, titles and rules go by. */
type KnownFrame = Omit<Frame, 'pre_context' | 'post_context' | 'vars'>

/** A stack trace. Only its JSON has variables, and the lines around those of its frames. */
export class KnownStacktrace extends KnownPart implements Stacktrace {
  readonly frames: KnownFrame[]
  readonly snapshot?: boolean
  /** To know it by without keeping it. */
  readonly identity = Symbol('stack trace')

  constructor(stacktrace: Stacktrace) {
    super(JSON.stringify(stacktrace))
    const { frames, snapshot } = stacktrace
    this.frames = frames.map(({ pre_context: _, post_context: __, vars: ___, ...rest }) => rest)
    if (snapshot !== undefined) this.snapshot = snapshot
  }
}

/** Installed packages, of which only the JSON is left. */
export class KnownModules extends KnownPart {
  constructor(modules: Readonly<Record<string, string>>) {
    super(JSON.stringify(modules))
  }
}
