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
  const bounds = { min, max }
  checkBounds(options, name, bounds)
  return bounds
}

export function checkBounds<T>(options: Options, name: string, { min, max }: Bounds<T>): void {
  if (min == null || max == null || min <= max) return
  throw options.illegal(
    `[${name}.min][${min}] cannot be greater than [${name}.max][${max}] for histogram aggregation [${options.name}]`,
  )
}

/** Buckets are not asked for where the hard bounds let none be. */
export function checkInside(options: Options, extended: Bounds<number>, hard: Bounds<number>) {
  const isBelow = (one: number | undefined, other: number | undefined) =>
    one !== undefined && other !== undefined && one < other
  if (!isBelow(extended.min, hard.min) && !isBelow(hard.max, extended.max)) return
  throw options.illegal('Extended bounds have to be inside hard bounds')
}

export const mapBounds = <T, R>({ min, max }: Bounds<T>, change: (bound: T) => R): Bounds<R> => ({
  min: min === undefined ? undefined : change(min),
  max: max === undefined ? undefined : change(max),
})
