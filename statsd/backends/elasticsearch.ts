import { BulkOutput } from '../../store/elasticsearch/bulk/bulk_output.ts'
import { elasticsearchFields } from '../../store/elasticsearch/bulk/config.ts'
import { metricPoints } from '../../store/elasticsearch/bulk/point_mapping.ts'
import { defineBackend } from './backend.ts'

/** Elasticsearch and OpenSearch: each point a document, as it is in the journal, with the id it has there. */
export const elasticsearchBackend = defineBackend(
  'elasticsearch',
  'Elasticsearch 7.17, 8, 9 and OpenSearch 2, 3: points as documents, exactly once',
  elasticsearchFields,
  (config, context) => new BulkOutput(config, metricPoints, context),
)
