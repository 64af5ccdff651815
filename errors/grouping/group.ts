import type { SentryEvent } from '../event/sentry_event.ts'
import { viewOf, type EventView } from './event_view.ts'
import { resolveVariables } from './fingerprint.ts'
import type { Grouping, Hashes } from './grouping.ts'
import { mainException } from './main_exception.ts'
import { firstLines, parameterise } from './parameterise.ts'
import type { GroupingRules } from './rules.ts'
import { messageOf } from './strategies/message.ts'
import { cut, titleOf } from './title.ts'
import { md5, variantsOf } from './variants.ts'
import { strategiesOf } from './versions.ts'

/**
 * What makes events the same issue, and what it is called. Pure: the same event under the same rules gives the same
 * hashes, for ever. Source maps have been applied before. Never throws, whatever the event holds. Components of stack
 * traces are without what they are made of: `groupingInfo` has that.
 */
export function group(event: SentryEvent, rules: GroupingRules): Grouping {
  const view = viewOf(event, rules.compiled, true)
  const { variants, fingerprint } = variantsOf(view, strategiesOf(rules.version))
  const own = titleOf(view)
  const override = fingerprint?.rule?.title
  const title = override === undefined ? own.title : cut(resolveVariables(override, view), 256)
  const previous = previousHashes(event, rules)
  const hashes = [...new Set(variants.flatMap((one) => (one.contributes ? [one.hash] : [])))]
  return Object.assign(new SplitLater(() => splitHashesOf(view, hashes)), {
    version: rules.version,
    hashes,
    variants,
    ...(previous && { previous }),
    ...own,
    title,
  })
}

/**
 * Most issues are never split, and reading a message costs as much as all the rest. The getter is that of a class:
 * each object with one of its own has a hidden class of its own, which is kept, with the whole event, until all of the
 * heap is collected.
 */
class SplitLater {
  readonly #make: () => readonly string[]
  #made: readonly string[] | undefined

  constructor(make: () => readonly string[]) {
    this.#make = make
  }

  get splitHashes(): readonly string[] {
    return (this.#made ??= this.#make())
  }
}

function splitHashesOf(view: EventView, hashes: readonly string[]): readonly string[] {
  const message = mainException(view)?.value || messageOf(view.event)
  const text = parameterise(firstLines(message))
  return hashes.map((one) => md5(`${one}\0${text}`))
}

/** By what held before, as long as that is looked up. */
function previousHashes(event: SentryEvent, { previous }: GroupingRules): Hashes | undefined {
  if (!previous || event.received * 1000 >= previous.untilMs) return undefined
  const old = group(event, previous.rules)
  const { version, hashes } = old
  return Object.assign(new SplitLater(() => old.splitHashes), { version, hashes })
}
