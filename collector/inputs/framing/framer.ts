import type { Reason } from '../../../core/reasons.ts'
import type { Spans } from './spans.ts'

/**
 * Cuts a stream into messages. The messages do not depend on how the stream is cut into segments;
 * empty ones are left out. One framer serves one connection.
 */
export interface Framer {
  /** Takes the next bytes and hands on the messages that they complete. */
  push(bytes: Buffer): void
  /** The stream is over: an unfinished message is handed on, and noted. */
  end(): void
  /** Why the stream cannot be read on; set by `push`, undefined as long as it can. */
  readonly broken: string | undefined
}

/** How long a message may be, and where to. */
export interface MessageLimits {
  /** Longest message in bytes, its end excluded. */
  readonly maxMessageBytes: number
  /** What happens to a longer one. */
  readonly longMessages: 'cut' | 'drop'
  /** Filled and cleared again; may be shared, see Spans. */
  readonly spans: Spans
  /** Hears of each message that is too long or unfinished. */
  readonly note: (reason: Reason) => void
}

export interface FramerOptions extends MessageLimits {
  /** Gets the messages in `spans`, positions in `source`; both are valid until it returns. */
  readonly emit: (source: Buffer, spans: Spans) => void
}

/** Adds a message that is too long, cut or not at all. Returns the end of what was added. */
export function addTooLong(
  source: Buffer,
  start: number,
  { maxMessageBytes, longMessages, spans, note }: MessageLimits,
): number {
  if (longMessages === 'drop') {
    note('message_too_long_dropped')
    return start
  }
  note('message_too_long')
  const end = characterEnd(source, start, start + maxMessageBytes)
  if (end > start) spans.add(start, end)
  return end
}

/** The last place up to `end` that does not lie within a UTF-8 character. */
function characterEnd(source: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && end - at < 4 && ((source[at] ?? 0) & 0xc0) === 0x80) at -= 1
  return at > start && end - at < 4 ? at : end
}
