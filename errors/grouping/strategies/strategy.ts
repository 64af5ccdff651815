import type { Component } from '../component.ts'
import type { EventView } from '../event_view.ts'

/** What a strategy sees in an event, by variant: app (frames of the application), system (all), default (no frames). */
export interface Parts {
  readonly app?: Component
  readonly system?: Component
  readonly default?: Component
}

/** One way to tell what an event is about. */
export interface Strategy {
  readonly name: string
  /** undefined when the event has nothing of that kind. */
  parts(view: EventView): Parts | undefined
}

/** Whether a stack trace contributes anywhere in it. */
export function hasStack(component: Component): boolean {
  if (!component.contributes) return false
  if (component.id === 'stacktrace') return true
  return component.values.some((value) => typeof value !== 'string' && hasStack(value))
}

/**
 * Where one of the variants has frames and the other has none, the other says less, and would lump together what the
 * first tells apart.
 */
export function withoutStackless(parts: Parts, mute: (part: Component) => Component): Parts {
  const { app, system } = parts
  if (!app || !system) return parts
  const [appHas, systemHas] = [hasStack(app), hasStack(system)]
  if (appHas === systemHas) return parts
  return appHas ? { ...parts, system: mute(system) } : { ...parts, app: mute(app) }
}
