import type { JsonObject } from '../../../core/json.ts'
import type { Capabilities, DocumentKind } from './document_kind.ts'

/** Metric points, as store/points.ts has them. */
export const metricPoints: DocumentKind = {
  streams: 'metrics',
  component: 'weir-metrics',
  custom: 'weir-metrics@custom',
  template: pointTemplate,
}

const keyword = { type: 'keyword', ignore_above: 8191 }
const long = { type: 'long' }
const double = { type: 'double' }

/** Whatever JSON type a figure has in the first document that has it. */
const figuresOf = (type: 'long' | 'double'): JsonObject => ({
  path_match: 'exact.*',
  match_mapping_type: type,
  mapping: double,
})

function pointTemplate(can: Capabilities, timestampType: string): JsonObject {
  return {
    settings: can.settings,
    mappings: {
      date_detection: false,
      numeric_detection: false,
      // A figure that is whole in the first flush need not be in the next. `histogram.bin_10` is in an object.
      dynamic_templates: [
        { whole_figures: figuresOf('long') },
        { broken_figures: figuresOf('double') },
      ],
      properties: {
        // A data stream refuses ignore_malformed here, which the settings switch on.
        '@timestamp': { type: timestampType, ignore_malformed: false },
        series: keyword,
        type: keyword,
        instance: keyword,
        flush: long,
        interval_ms: long,
        sum: double,
        count: double,
        min: double,
        max: double,
        last: double,
        // Kept to be read, not to be searched.
        sketch: { type: 'object', enabled: false },
      },
    },
  }
}
