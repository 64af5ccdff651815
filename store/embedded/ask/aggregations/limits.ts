import { SearchError } from '../../../search.ts'

/** @throws SearchError too_many_buckets_exception when there are more than `most` */
export function checkBuckets(count: number, most: number) {
  if (count <= most) return
  const reason =
    `Trying to create too many buckets. Must be less than or equal to: [${most}] but was [${count}]. ` +
    'This limit can be set by changing the [search.max_buckets] cluster level setting (store.limits.max_buckets).'
  throw new SearchError(400, 'too_many_buckets_exception', reason, { max_buckets: most })
}
