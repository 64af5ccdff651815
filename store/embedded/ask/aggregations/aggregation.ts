import type { JsonRecord, JsonValue } from '../../../search.ts'
import type { Place } from '../../../query/query.ts'
import type { Answered, AnsweredStruct } from '../../database.ts'
import type { Sql } from '../../sql.ts'
import type { Asked } from '../asked.ts'

/** One aggregation of a body, checked: what it is called, what it does, and what is inside it. */
export interface Aggregation {
  readonly name: string
  /** Elasticsearch's name of the type, such as `date_histogram`. */
  readonly type: string
  /** Where it stands, such as `aggs.by_level.aggs.bytes`. */
  readonly at: Place
  /** Given back as it came. */
  readonly meta: JsonRecord | undefined
  readonly children: readonly Aggregation[]
  readonly kind: Kind
}

/** Four families, by what they need of the engine. */
export type Kind = MetricKind | SingleKind | BucketsKind | HitsKind | PipelineKind

/** What planning an aggregation may look at. */
export interface Planning {
  readonly asked: Asked
  /** How many rows are aggregated at most; undefined when nothing asked for it (`needsRows`). */
  readonly rows: number | undefined
  /** The bucket aggregations around it, outermost first. */
  readonly around: readonly Aggregation[]
  /** What is put into buckets. */
  readonly frame: Frame
}

/** Rows with the keys of the buckets around them: columns `_k0`, `_k1` and so on. */
export interface Frame {
  readonly rows: Sql
  /** Of each key, as from_json understands it. */
  readonly types: readonly BucketsPlan['key']['type'][]
}

/** A number or more about each bucket: columns of the very query that makes the buckets. */
export interface MetricKind {
  readonly family: 'metric'
  /** Whether its plan depends on how many rows there are. */
  readonly needsRows?: true
  plan(planning: Planning): MetricPlan
}

export interface MetricPlan {
  /** The prefix of `typed_keys`. */
  readonly typed: string
  /** SQL aggregates; each is told the FILTER clause that it has to put behind its aggregate functions. */
  readonly columns: readonly ((filter: Sql) => Sql)[]
  /** What of the columns' values, in their order. `around`: the bucket it is of. */
  answer(values: readonly Answered[], around: Bucket): MetricAnswer
  /** What to order buckets by, of the columns' names; undefined: there is no such property. */
  order(property: string | undefined, columns: readonly Sql[]): Sql | undefined
}

export interface MetricAnswer {
  readonly family: 'metric'
  readonly typed: string
  readonly json: JsonRecord
  /** Undefined: it has no such property. NaN and null: nothing to say. */
  value(property: string | undefined): number | null | undefined
}

/** One bucket by a condition: its count and metrics are columns too. */
export interface SingleKind {
  readonly family: 'single'
  /** Undefined: every row, whatever the question's query finds. */
  condition(asked: Asked): Sql | undefined
}

/** Many buckets: a level of GROUP BY. */
export interface BucketsKind {
  readonly family: 'buckets'
  /** Its buckets are also of documents that the query does not find. */
  readonly looksBeyondQuery?: boolean
  /**
   * On what alone its keys depend: `log.level`, or in which so many minutes since the epoch `@timestamp` is;
   * undefined: on more.
   */
  readonly countedBy?: 'log.level' | { readonly minutes: number } | undefined
  plan(planning: Planning): Promise<BucketsPlan>
}

export interface BucketsPlan {
  readonly key: Key
  /** The rows of the frame with further columns that the key reads; undefined: as they are. */
  readonly joined?: Sql | undefined
  /** Of the key column: groups that do not fit are no buckets. */
  readonly having?: ((key: Sql) => Sql) | undefined
  /** The best groups of each parent, in order; undefined: all of them. */
  readonly best?: Best | undefined
  /** Keys that become groups without rows: of the same type as the key. */
  readonly always?: Sql | undefined
  /** The groups of one parent as buckets. @throws SearchError too_many_buckets_exception */
  buckets(groups: readonly Group[], parent: Bucket): MadeBuckets
}

export interface Best {
  readonly limit: number
  readonly minDocCount: number
  /** Of so many groups, the first in order, those below `minDocCount` are not among the others, either. */
  readonly shardSize: number
  /** SQL ORDER BY terms over `key`, `"_count"` and the columns of metrics. */
  order(key: Sql, metric: MetricOrder): readonly Sql[]
}
/** The columns of the metric at a path such as `a>b.value`. @throws SearchError */
export type MetricOrder = (path: string) => Sql

/** What rows are grouped by. */
export interface Key {
  /** One value for a row, or a list when `many`; NULL belongs to no bucket. */
  readonly expression: Sql
  readonly many: boolean
  /** As DuckDB's from_json understands it: `BIGINT`, `{"c0":"VARCHAR"}`. */
  readonly type: JsonValue
}

/** A row of a level's answer. */
export interface Group {
  readonly key: Answered
  readonly count: number
  /** Columns of the metrics. */
  readonly row: AnsweredStruct | undefined
  /** Documents of all groups of its parent, of those too that are not among the best. */
  readonly total: number
}

export interface MadeBuckets {
  readonly typed: string
  /** In the order of the answer, unless `order` needs metrics. */
  readonly buckets: readonly BucketHead[]
  readonly keyed: boolean
  /** Beside `buckets` in the answer. */
  readonly beside?: JsonRecord
  /** Orders the buckets once they have their metrics. */
  readonly order?: ((a: Bucket, b: Bucket) => number) | undefined
  /** How many stay, once they are in order; the others are counted in `sum_other_doc_count`. */
  readonly limit?: number | undefined
}

/** A bucket without what is inside it. */
export interface BucketHead {
  /** Its name in a keyed answer. */
  readonly name: string
  /** `key`, `key_as_string`, `from`, `to`, as they stand in the answer. */
  readonly head: JsonRecord
  readonly group: Group
}

export interface Bucket {
  readonly head: JsonRecord
  readonly name: string
  readonly count: number
  /** The key as SQL has it; undefined at the root. */
  readonly key: Answered | undefined
  readonly parent: Bucket | undefined
  readonly answers: Map<string, Answer>
}

export type Answer = MetricAnswer | SingleAnswer | BucketsAnswer

export interface SingleAnswer {
  readonly family: 'single'
  readonly typed: string
  readonly bucket: Bucket
}
export interface BucketsAnswer {
  readonly family: 'buckets'
  readonly typed: string
  /** Pipelines take some out and change their order. */
  buckets: readonly Bucket[]
  readonly keyed: boolean
  readonly beside: JsonRecord
}

/** The best documents of each bucket: a question of its own for each. */
export interface HitsKind {
  readonly family: 'hits'
  /** The body of the search that answers it: `sort`, `size`, `_source` and so on. */
  readonly body: JsonRecord
}

/** Computed from other aggregations' answers. */
export interface PipelineKind {
  readonly family: 'pipeline'
  /** `parent`: of the buckets around it, in their order. `sibling`: beside another one. */
  readonly place: 'parent' | 'sibling'
  /** Paths it reads; checked against the tree before anything runs. */
  readonly paths: readonly string[]
  /** Of a parent pipeline: adds its answers to the buckets, or takes buckets out. */
  run?(around: BucketsAnswer, name: string): void
  /** Of a sibling: its answer. */
  sum?(bucket: Bucket): Answer
}
