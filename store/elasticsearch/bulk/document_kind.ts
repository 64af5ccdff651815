import type { JsonObject } from '../../../core/json.ts'

/** A kind of documents, as far as index templates know it. */
export interface DocumentKind {
  /** First part of its streams' names. */
  readonly streams: 'logs' | 'metrics'
  /** The component template that all index templates of the kind share, and one for the user's own. */
  readonly component: string
  readonly custom: string
  /** Mapping and settings of the shared component. */
  template(can: Capabilities, timestampType: string): JsonObject
}

/** What a server knows of what a template would like to use; found by asking it, see `capabilities.ts`. */
export interface Capabilities {
  /** Type of `message`: without positions and frequencies where there is that. */
  readonly text: JsonObject
  /** Type of `labels` and `attributes`, whose keys are free. */
  readonly free: JsonObject
  /** `subobjects: false` where it works: `host` as a text and `host.name` exclude each other otherwise. */
  readonly root: JsonObject
  /** Index settings that the server takes. */
  readonly settings: JsonObject
  readonly dataStreams: boolean
  /** Data-stream lifecycle in templates: deletes old data by itself. */
  readonly lifecycle: boolean
  /** The `composed_of` of index templates. */
  readonly composition: JsonObject
}

/** Of every server that Weir supports. */
export const plainCapabilities = ({ component }: DocumentKind): Capabilities => ({
  text: { type: 'text', norms: false },
  free: { type: 'object', dynamic: false },
  root: {},
  settings: {},
  dataStreams: true,
  lifecycle: false,
  composition: { composed_of: [component] },
})
