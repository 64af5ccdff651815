import type { EventView } from './event_view.ts'
import { exceptionsOf } from './event_view.ts'
import { crashFrame } from './crash_frame.ts'
import { mainException } from './main_exception.ts'
import { firstLines, parameterise } from './parameterise.ts'
import { firstFitting, type EventFacts, type FingerprintRule } from './rules/fingerprint_rules.ts'
import { messageOf } from './strategies/message.ts'

/** What an event is grouped by instead of, or besides, what happened. */
export interface Fingerprint {
  /** Variables filled in; `defaultPart` where what happened belongs. */
  readonly values: readonly string[]
  /** As the SDK sent it. */
  readonly clientValues?: readonly string[]
  readonly rule?: FingerprintRule
  readonly builtIn: boolean
}

export const defaultPart = '{{ default }}'
const isDefault = (part: string) => /^\{\{\s*default\s*\}\}$/.test(part)
/** Most parts of a fingerprint that count. */
const maxParts = 100

/** undefined: what happened decides alone. */
export function fingerprintOf(view: EventView): Fingerprint | undefined {
  const sent = view.event.fingerprint?.slice(0, maxParts)
  const client =
    sent && sent.length > 0 && !(sent.length === 1 && isDefault(sent[0]!)) ? sent : undefined
  const facts = factsOf(view)
  const { fingerprints, builtInFingerprints } = view.rules
  const rule = firstFitting(fingerprints, facts)
  // What a program says of itself outweighs what Weir thinks of programs.
  const builtIn = rule || client ? undefined : firstFitting(builtInFingerprints, facts)
  const chosen = rule ?? builtIn
  const parts = chosen?.fingerprint ?? client
  if (!parts) return undefined
  if (parts.length === 1 && isDefault(parts[0]!) && chosen?.title === undefined) return undefined
  return {
    values: parts.map((part) => resolvePart(part, view)),
    ...(client && { clientValues: client }),
    ...(chosen && { rule: chosen }),
    builtIn: builtIn !== undefined,
  }
}

function factsOf(view: EventView): EventFacts {
  const { event } = view
  const { logentry } = event
  return {
    platform: event.platform,
    level: event.level,
    logger: event.logger ?? '',
    release: event.release ?? '',
    environment: event.environment ?? '',
    sdk: event.sdk?.name ?? '',
    tag: (key) => tagOf(view, key) ?? '',
    exceptions: exceptionsOf(event).map(({ type = '', value = '' }) => ({ type, value })),
    messages: [logentry?.message, logentry?.formatted].filter((one) => one !== undefined),
    frames: () =>
      view
        .stacks()
        .flatMap(({ known, frames }) =>
          known.map(({ facts }, at) => ({ facts, inApp: frames[at]!.inApp })),
        ),
  }
}

const tagOf = ({ event }: EventView, key: string) => event.tags?.find(([name]) => name === key)?.[1]

const variable = /\{\{\s*(\S{1,200}?)\s*\}\}/g

/** A part with its variables filled in, and without what differs from event to event. */
function resolvePart(part: string, view: EventView): string {
  if (isDefault(part)) return defaultPart
  const text = resolveVariables(part, view, (value) => parameterise(firstLines(value)))
  // SDKs that put the message there mean its kind, not each of its texts.
  const isMessage =
    part !== '' && (part === view.event.logentry?.formatted || part === messageOf(view.event))
  return isMessage ? parameterise(text) : text
}

/** `{{ type }} in {{ tags.page }}` → `TypeError in cart`; unknown variables stay as they are. */
export function resolveVariables(
  text: string,
  view: EventView,
  message: (value: string) => string = (value) => value,
): string {
  return text.replaceAll(variable, (whole, name: string) => valueOf(name, view, message) ?? whole)
}

function valueOf(
  name: string,
  view: EventView,
  message: (value: string) => string,
): string | undefined {
  const { event } = view
  switch (name) {
    case 'transaction':
      return event.transaction || '<no-transaction>'
    case 'message':
      return message(messageOf(event) || mainException(view)?.value || '') || '<no-message>'
    case 'type':
    case 'error.type':
      return mainException(view)?.type || '<no-type>'
    case 'value':
    case 'error.value':
      return message(mainException(view)?.value ?? '') || '<no-value>'
    case 'function':
    case 'stack.function':
      return crashFrame(view)?.function || '<no-function>'
    case 'path':
    case 'stack.abs_path':
      return crashFrame(view)?.abs_path || crashFrame(view)?.filename || '<no-abs-path>'
    case 'stack.filename':
      return crashFrame(view)?.filename || crashFrame(view)?.abs_path || '<no-filename>'
    case 'module':
    case 'stack.module':
      return crashFrame(view)?.module || '<no-module>'
    case 'package':
    case 'stack.package':
      return packageName(crashFrame(view)?.package ?? '') || '<no-package>'
    case 'level':
      return event.level
    case 'logger':
      return event.logger || '<no-logger>'
  }
  if (!name.startsWith('tags.')) return undefined
  const tag = name.slice('tags.'.length)
  return tagOf(view, tag) ?? `<no-value-for-tag-${tag}>`
}

const packageName = (path: string) =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
