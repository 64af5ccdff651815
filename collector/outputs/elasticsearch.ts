import { defineOutput } from '../../core/delivery/output.ts'
import { BulkOutput } from '../../store/elasticsearch/bulk/bulk_output.ts'
import { elasticsearchFields } from '../../store/elasticsearch/bulk/config.ts'
import { logEvents } from '../../store/elasticsearch/bulk/log_mapping.ts'

/** Elasticsearch and OpenSearch, by `_bulk` with `create` and the event's id. */
export const elasticsearchOutput = defineOutput(
  'elasticsearch',
  'Elasticsearch 7.17, 8, 9 and OpenSearch 2, 3: data streams or indices, exactly once',
  elasticsearchFields,
  (config, context) => new BulkOutput(config, logEvents, context),
)
