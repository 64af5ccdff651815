import type { Stacktrace } from '../event/sentry_event.ts'
import type { Component } from './component.ts'

/** What a stack trace is to a group and its title: the same for all that have the same key. */
export interface KnownStack {
  /** As the variants see it, without what it is made of. */
  readonly app: Component
  readonly system: Component
  /** Place and name of the frame that people look at first. */
  readonly crash?: { readonly at: number; readonly name: string }
}

/** Most characters of the keys of one generation: some thousand stack traces. */
const maxCharacters = 4_000_000
/** A longer one is looked at anew each time. */
const maxKey = 100_000

/** Stack traces that were seen last: the same errors come again and again. */
export class RememberedStacks {
  #young = new Map<string, KnownStack>()
  #old = new Map<string, KnownStack>()
  #characters = 0

  find(key: string, look: () => KnownStack): KnownStack {
    const young = this.#young.get(key)
    if (young) return young
    const found = this.#old.get(key) ?? look()
    if (key.length > maxKey) return found
    if (this.#characters + key.length > maxCharacters) {
      this.#old = this.#young
      this.#young = new Map()
      this.#characters = 0
    }
    this.#young.set(key, found)
    this.#characters += key.length
    return found
  }
}

/**
 * All of a stack trace that rules, grouping and titles read, as one text; the exception that it belongs to is
 * not in it. Texts come with their lengths, so that no two stack traces have the same.
 *
 * @param platform of the event.
 */
export function stackKey({ frames, snapshot }: Stacktrace, platform: string): string {
  let key = `${snapshot === true ? 's' : ''}${platform.length} ${platform}`
  for (const frame of frames) {
    const { function: name, raw_function: raw, module, filename, abs_path: path, lineno } = frame
    const { package: of, context_line: line, platform: own, colno } = frame
    const marks = (frame.in_app === true ? 1 : 0) + (frame.data?.sourcemap == null ? 0 : 2)
    key += `\n${marks} ${lineno} ${colno} ${name?.length} ${module?.length} ${filename?.length} ${path?.length} ${line?.length} ${name}${module}${filename}${path}${line}`
    if (raw !== undefined || of !== undefined || own !== undefined) {
      key += ` ${raw?.length} ${of?.length} ${own?.length} ${raw}${of}${own}`
    }
  }
  return key
}
