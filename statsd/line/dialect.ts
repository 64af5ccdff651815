export const dialects = ['etsy', 'datadog'] as const
/** How lines are read. The dialects disagree about the same line, so each listener has one. */
export type Dialect = (typeof dialects)[number]
