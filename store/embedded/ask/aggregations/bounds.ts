import { SearchError } from '../../../search.ts'
import type { Options } from './options.ts'

/** `{min, max}`, either may be absent. */
export interface Bounds<T> {
  readonly min: T | undefined
  readonly max: T | undefined
}

export function boundsOf<T>(
  options: Options,
  name: string,
  read: (value: string | number) => T,
): Bounds<T> | undefined {
  const given = options.raw(name)
  if (given == null) return undefined
  const inner = options.inner(name, given)
  const [min, max] = ['min', 'max'].map((key) => {
    const value = inner.raw(key)
    if (value == null) return undefined
    if (typeof value !== 'number' && typeof value !== 'string') throw inner.wrong(key, value)
    return read(value)
  })
  inner.finish()
  if (min != null && max != null && min > max) {
    const reason = `[${name}.min][${min}] cannot be greater than [${name}.max][${max}] for histogram aggregation [${options.name}]`
    throw new SearchError(400, 'illegal_argument_exception', `${reason}, at ${options.at}`)
  }
  return { min, max }
}
