import { z } from 'zod'
import { size } from '../../core/units.ts'
import { scrapeFields } from './scrape/config.ts'

/** What Prometheus sees, and what comes from it. */
export const prometheusFields = {
  prometheus: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          'Whether /metrics shows the series of StatsD; those of Weir and the host it shows always',
        ),
      mapping_file: z
        .string()
        .optional()
        .describe("A file of mapping rules in statsd_exporter's format: names, labels, histograms"),
      openmetrics: z
        .boolean()
        .default(true)
        .describe(
          'Whether /metrics may answer in OpenMetrics, whose counters end in _total; false: names are those of statsd_exporter',
        ),
      max_series: z
        .number()
        .int()
        .min(1)
        .default(100_000)
        .describe('Most series of StatsD at /metrics; new ones beyond are left out, counted'),
      max_labels: z
        .number()
        .int()
        .min(1)
        .default(64)
        .describe('Most labels of a series that comes in'),
      receiver: z
        .boolean()
        .default(true)
        .describe('Whether POST /api/v1/write takes what Prometheus sends by remote write'),
      max_request_size: size()
        .default(32_000_000)
        .describe('Most bytes of a remote write request once it is inflated'),
      ...scrapeFields,
    })
    .prefault({})
    .describe('Prometheus: /metrics, mapping rules, scraping, remote write'),
} as const

export type PrometheusConfig = z.output<(typeof prometheusFields)['prometheus']>
