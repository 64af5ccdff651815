/** Field types of a mapping, by Elasticsearch's names. */
export const fieldTypes = [
  'keyword',
  'constant_keyword',
  'wildcard',
  'text',
  'match_only_text',
  'long',
  'integer',
  'short',
  'byte',
  'unsigned_long',
  'double',
  'float',
  'half_float',
  'scaled_float',
  'date',
  'date_nanos',
  'boolean',
  'ip',
  'flattened',
  'object',
] as const
export type FieldType = (typeof fieldTypes)[number]

/** One field of an index: of its mapping, or as its documents taught it. */
export interface Field {
  /** Dotted; a multi-field has its parent's path and its own name: `message.keyword`. */
  readonly path: string
  readonly type: FieldType
  /** Where the value stands in the document: `path`, or the parent's for a multi-field. */
  readonly source: string
  /** Of dates, `||` between formats. Default strict_date_optional_time||epoch_millis. */
  readonly format?: string
  /** Of keywords: longer values are not found. */
  readonly ignoreAbove?: number
  /** Of scaled_float. */
  readonly scalingFactor?: number
  /** Of constant_keyword, and `null_value` of others. */
  readonly value?: string | number | boolean
  readonly nullValue?: string | number | boolean
  /** False: kept in the document, and not to be asked for. */
  readonly indexed: boolean
  /** Why whoever asks for it has to be told so; absent where Elasticsearch, too, finds nothing in it. */
  readonly unaskable?: string
  /** Of an alias: the field that it stands for. */
  readonly aliasOf?: string
}

/** The mapping of one index: `PUT <index>` or a template gave it, or nothing did. */
export interface Mapping {
  readonly fields: readonly Field[]
  /** What becomes of fields that it does not name: `true` learns them from the documents. */
  readonly dynamic: 'true' | 'runtime' | 'false' | 'strict'
  /** The mapping as it was given, for `GET _mapping`. */
  readonly given: object
}

/**
 * How documents teach a field its type where no mapping says it, as Elasticsearch's dynamic mapping with
 * Weir's templates does: text is `keyword`, but `message` and `error.message` and `error.stack_trace` are
 * `match_only_text`; numbers are `long` or `double`; `true` and `false` are `boolean`; `@timestamp` is `date`.
 * In an index that a client created (`PUT <index>`) text is `text` with a `.keyword` of 256, as Elasticsearch
 * has it without templates, and texts that look like ISO dates are dates.
 */
export type JsonKind = 'string' | 'long' | 'double' | 'boolean' | 'date_string'
