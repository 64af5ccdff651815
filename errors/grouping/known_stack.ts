import type { Component } from './component.ts'
import type { CrashFrame, KnownStack } from './remembered_stacks.ts'
import { stackComponent } from './strategies/stack_component.ts'
import type { ViewedStack } from './viewed_stack.ts'

/** What a stack trace is to a group and its title. */
export function knownStack(stack: ViewedStack, snapshot: boolean | undefined): KnownStack {
  const crash = crashOf(stack)
  return {
    app: bare(stackComponent(stack, 'app', snapshot)),
    system: bare(stackComponent(stack, 'system', snapshot)),
    ...(crash && { crash }),
  }
}

/** Without what it is made of. */
function bare({ id, contributes, hint, text }: Component): Component {
  // Looking into a text that was joined makes one of its pieces, which need not be remembered then.
  text.charCodeAt(0)
  return { id, contributes, ...(hint !== undefined && { hint }), values: [], text }
}

function crashOf(stack: ViewedStack): CrashFrame | undefined {
  const app = stack.frames.findLastIndex((frame, index) => frame.inApp && isNamed(stack, index))
  const at = app >= 0 ? app : stack.source.findLastIndex((_, index) => isNamed(stack, index))
  if (at < 0) return undefined
  const { module, filename, abs_path: absPath, package: image } = stack.source[at]!
  return {
    function: stack.known[at]!.facts.function,
    module,
    filename,
    abs_path: absPath,
    package: image,
  }
}

const isNamed = (stack: ViewedStack, at: number) => {
  const { function: name, filename, module, abs_path: absPath } = stack.source[at]!
  return Boolean(name || filename || module || absPath)
}
