/** How several values of a series become one; nulls do not take part, except as zeros in `avg_zero`. */
export const consolidationNames = [
  'sum',
  'average',
  'avg',
  'avg_zero',
  'min',
  'max',
  'first',
  'last',
] as const

export type ConsolidationName = (typeof consolidationNames)[number]
