import { component, muted, type Component } from '../component.ts'
import { familyOf, type Family } from '../platform.ts'
import { foldPath } from '../rules/glob.ts'
import type { FrameFacts } from '../rules/matcher.ts'
import type { Frame } from '../../event/sentry_event.ts'
import { contextLineComponent, hasContextLine } from './context_line.ts'
import { filenameComponent, isUrl } from './filename.ts'
import { functionComponent } from './function.ts'
import { isCallbackCause, isEvaluated } from './javascript_function.ts'
import { moduleComponent } from './module.ts'
import { nativeFunction } from './native_function.ts'

/** What is known of a frame by its texts alone, so of all frames with the same. */
export interface KnownFrame {
  readonly facts: FrameFacts
  readonly component: Component
  /** A JavaScript frame that says nothing when it is the only one: no function, and fetched from somewhere. */
  readonly empty: boolean
  /** What threw was called back from here, which only one engine writes down: the stack of the others ends before it. */
  readonly callbackCause: boolean
}

/** All that `knownFrame` depends on, as one text. */
export function frameKey(frame: Frame, platform: string): string {
  const mapped = frame.data?.sourcemap == null ? '' : 'm'
  return `${platform}\0${mapped}\0${frame.function ?? ''}\0${frame.raw_function ?? ''}\0${frame.module ?? ''}\0${frame.filename ?? ''}\0${frame.abs_path ?? ''}\0${frame.package ?? ''}\0${hasContextLine(platform) ? (frame.context_line ?? '') : ''}`
}

/** @param platform the frame's own, or the event's */
export function knownFrame(frame: Frame, platform: string): KnownFrame {
  const family = familyOf(platform)
  const facts: FrameFacts = {
    function: shownFunction(frame.function ?? '', family),
    module: frame.module ?? '',
    absPath: frame.abs_path ?? '',
    filename: frame.filename ?? '',
    paths: [...new Set([frame.abs_path, frame.filename])].flatMap((path) => {
      return path === undefined || path === '' ? [] : [foldPath(path)]
    }),
    package: frame.package ? foldPath(frame.package) : undefined,
    family,
    platform,
  }
  const rawName = frame.raw_function ?? ''
  return {
    facts,
    component: frameComponent(frame, facts, platform),
    empty:
      facts.family === 'javascript' &&
      facts.function === '' &&
      isUrl(facts.absPath || facts.filename),
    callbackCause: platform === 'javascript' && isCallbackCause(rawName || facts.function),
  }
}

/** The function as rules and people see it: native names come with all that compilers know. */
export function shownFunction(name: string, family: Family): string {
  return family === 'native' && name !== '' ? nativeFunction(name) : name
}

const noPlace = new Set(['[native code]', 'native code', 'eval code', '<anonymous>'])

function frameComponent(frame: Frame, facts: FrameFacts, platform: string): Component {
  const { family, absPath } = facts
  const mapped = frame.data?.sourcemap != null
  const module = moduleComponent(facts, platform, mapped)
  const line = hasContextLine(platform)
    ? contextLineComponent(frame.context_line ?? '', absPath, facts.function, family)
    : undefined
  const functionPart = functionComponent({
    name: frame.function ?? '',
    rawName: frame.raw_function ?? '',
    platform,
    mappedWithLine: mapped && line?.contributes === true,
  })
  let filename = filenameComponent(facts.filename, absPath, family, mapped)
  if (filename.contributes && module.contributes) {
    filename = muted(filename, 'module takes precedence')
  } else if (filename.contributes && family === 'native' && functionPart.contributes) {
    filename = muted(filename, 'discarded native filename for grouping stability')
  }
  const parts = [module, filename, functionPart, ...(line ? [line] : [])]
  if (frame.package && !parts.some((part) => part.contributes)) {
    parts.push(component('package', [lastOfPath(frame.package)]))
  }
  const whole = component('frame', parts)
  if (family !== 'javascript') return whole
  const evaluated = isEvaluated(facts.function) || noPlace.has(absPath || facts.filename)
  if (evaluated) return muted(whole, 'ignored low quality javascript frame')
  return /^index \d+$/.test(facts.filename) ? muted(whole, 'ignored combined promises') : whole
}

const lastOfPath = (path: string) =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase()

/** Whether a frame is the one before once more: a function that calls itself, at the same place. */
export function isSamePlace(frame: Frame, before: Frame): boolean {
  return (
    frame.function === before.function &&
    frame.lineno === before.lineno &&
    frame.colno === before.colno &&
    frame.filename === before.filename &&
    frame.abs_path === before.abs_path &&
    frame.module === before.module &&
    frame.package === before.package
  )
}
