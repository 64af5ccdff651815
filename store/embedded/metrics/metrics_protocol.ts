import type { ReadRequest, SeriesFilter, SeriesQuery, TagExpression } from '../../metrics.ts'

/** What the engine's process is asked about metrics. */
export type MetricsQuestion =
  | { readonly ask: 'find'; readonly query: SeriesQuery }
  | {
      readonly ask: 'children'
      readonly query: SeriesFilter & { readonly glob: string; readonly limit: number }
    }
  | {
      readonly ask: 'tag_names'
      readonly query: {
        readonly tags?: readonly TagExpression[]
        readonly prefix?: string
        readonly limit: number
      }
    }
  | {
      readonly ask: 'tag_values'
      readonly query: {
        readonly tag: string
        readonly tags?: readonly TagExpression[]
        readonly prefix?: string
        readonly limit: number
      }
    }
  | { readonly ask: 'read'; readonly request: ReadRequest }
