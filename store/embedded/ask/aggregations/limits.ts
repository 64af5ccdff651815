import { SearchError } from '../../../search.ts'

/** Elasticsearch's `search.max_buckets`. */
export const maxBuckets = 65_536

/** @throws SearchError too_many_buckets_exception */
export function checkBuckets(count: number) {
  if (count <= maxBuckets) return
  const reason =
    `Trying to create too many buckets. Must be less than or equal to: [${maxBuckets}] but was [${count}]. ` +
    'This limit can be set by changing the [search.max_buckets] cluster level setting.'
  throw new SearchError(400, 'too_many_buckets_exception', reason, { max_buckets: maxBuckets })
}
