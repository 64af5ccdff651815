import type { Path } from './problem.ts'

type Container = Record<string, unknown> | unknown[]

/**
 * Sets `value` at `path` in plain data, making objects and lists on the way (a number makes a list).
 *
 * @returns the changed copy of `root`; what is not on the path is shared with it.
 */
export function withValueAt(root: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  const copy: Container = copyOf(root, step)
  const inner: unknown = Object.hasOwn(copy, step) ? Reflect.get(copy, step) : undefined
  // defineProperty, because a key named __proto__ must become a key and then an error.
  Object.defineProperty(copy, step, {
    value: withValueAt(inner, rest, value),
    enumerable: true,
    writable: true,
    configurable: true,
  })
  return copy
}

function copyOf(root: unknown, step: string | number): Container {
  if (Array.isArray(root)) return [...(root as unknown[])]
  if (typeof root === 'object' && root !== null) return { ...root }
  return typeof step === 'number' ? [] : {}
}

/** The value at `path` in plain data; undefined when there is none. */
export function plainValueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step)
  }
  return value
}
