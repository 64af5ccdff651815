import { component, muted, type Component } from '../component.ts'
import { exceptionsOf, type EventView } from '../event_view.ts'
import { exceptionComponent } from './exception_component.ts'
import { relevantExceptions, type Relevant } from './exception_groups.ts'
import type { StackVariant } from './stack_component.ts'
import { withoutStackless, type Strategy } from './strategy.ts'

/** The exception, with all that it was caused by. */
export const exceptions: Strategy = {
  name: 'exception',
  parts(view) {
    if (exceptionsOf(view.event).length === 0) return undefined
    const mute = (part: Component) =>
      muted(
        part,
        'ignored because this variant does not have a contributing stacktrace, but the other variant does',
      )
    return withoutStackless({ app: chain(view, 'app'), system: chain(view, 'system') }, mute)
  },
}

/** What makes the group, as the application's frames tell exceptions apart. */
export function relevantOf(view: EventView): Relevant {
  return relevant(view, 'app').relevant
}

function relevant(view: EventView, variant: StackVariant) {
  const components = new Map<object, Component>()
  const componentOf = (exception: ReturnType<typeof exceptionsOf>[number]) => {
    const known = components.get(exception)
    if (known) return known
    const made = exceptionComponent(exception, view, variant)
    components.set(exception, made)
    return made
  }
  const all = exceptionsOf(view.event)
  return { relevant: relevantExceptions(all, (one) => componentOf(one).text), componentOf }
}

function chain(view: EventView, variant: StackVariant): Component {
  const { relevant: kept, componentOf } = relevant(view, variant)
  const parts = kept.exceptions.map(componentOf)
  return parts.length === 1 ? parts[0]! : component('chained-exception', parts)
}
