/**
 * A part of what makes a group, and what it is made of. The tree is what people are shown; the text is what is
 * hashed. Components never change, so those of frames are shared by events.
 */
export interface Component {
  /** `exception`, `stacktrace`, `frame`, `function`, … as Sentry's grouping info calls them. */
  readonly id: string
  readonly contributes: boolean
  /** Why it does not contribute, or what was done to it. */
  readonly hint?: string
  readonly values: readonly (Component | string)[]
  /** What it contributes: the texts of all below it that contribute, one behind the other. */
  readonly text: string
}

/** Contributes when anything in it does. */
export function component(
  id: string,
  values: readonly (Component | string)[],
  hint?: string,
): Component {
  let text = ''
  let contributes = false
  for (const value of values) {
    if (typeof value === 'string') {
      text += value
      contributes = true
    } else if (value.contributes) {
      text += value.text
      contributes = true
    }
  }
  return hint === undefined
    ? { id, contributes, values, text }
    : { id, contributes, hint, values, text }
}

/** The same, not contributing. */
export function muted(component: Component, hint: string | undefined): Component {
  const { id, values } = component
  return hint === undefined
    ? { id, contributes: false, values, text: '' }
    : { id, contributes: false, hint, values, text: '' }
}

/** The same, contributing whatever muted it; nothing when there is nothing in it that could. */
export function unmuted(part: Component, hint: string): Component {
  return component(part.id, part.values, hint)
}

/** A component that has nothing to say; its id is shown all the same. */
export function nothing(id: string): Component {
  return { id, contributes: false, values: [], text: '' }
}
