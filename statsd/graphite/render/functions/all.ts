import { alongFunctions } from './along.ts'
import { bucketFunctions } from './buckets.ts'
import { combiningFunctions } from './combining.ts'
import { constantFunctions } from './constants.ts'
import type { RenderFunction } from './declaration.ts'
import { drawingFunctions } from './drawing.ts'
import { elementwiseFunctions } from './elementwise.ts'
import { filteringFunctions } from './filtering.ts'
import { groupingFunctions } from './grouping.ts'
import { holtWintersFunctions } from './holt_winters.ts'
import { namingFunctions } from './naming.ts'
import { pairFunctions } from './pairs.ts'
import { asPercent } from './percent.ts'
import { shiftFunctions } from './shifts.ts'
import { sortingFunctions } from './sorting.ts'
import { specialFunctions } from './special.ts'
import { windowFunctions } from './windows.ts'

/** Every function of the render language. A new one is a declaration in one of these lists. */
export const renderFunctions: readonly RenderFunction[] = [
  ...alongFunctions,
  ...bucketFunctions,
  ...combiningFunctions,
  ...constantFunctions,
  ...drawingFunctions,
  ...elementwiseFunctions,
  ...filteringFunctions,
  ...groupingFunctions,
  ...holtWintersFunctions,
  ...namingFunctions,
  ...pairFunctions,
  asPercent,
  ...shiftFunctions,
  ...sortingFunctions,
  ...specialFunctions,
  ...windowFunctions,
]

const byName = new Map(
  renderFunctions.flatMap((one) => one.names.map((name) => [name, one] as const)),
)

export function functionNamed(name: string): RenderFunction | undefined {
  return byName.get(name)
}

/** Whether grouping functions take it as a callback. */
export function isAggregator(name: string): boolean {
  return byName.get(name)?.isAggregator === true
}
