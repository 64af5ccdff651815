import { z } from 'zod'
import { secret } from '../../../core/config/secret.ts'
import { duration, size } from '../../../core/units.ts'

const job = z
  .strictObject({
    job: z.string().min(1).describe('Name of the job: the label job of all its series'),
    targets: z
      .array(
        z.url({ protocol: /^https?$/, error: 'expected a URL such as http://web1:9100/metrics' }),
      )
      .min(1)
      .max(10_000)
      .describe('What is asked; host and port become the label instance'),
    interval: duration()
      .refine((value) => value >= 100, 'the interval is at least 100ms')
      .default(15_000)
      .describe('Time between two scrapes of a target'),
    timeout: duration().default(10_000).describe('Most time that an answer may take'),
    labels: z
      .record(
        z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label has letters, digits and _'),
        z.string(),
      )
      .default({})
      .describe('Labels that all its series get'),
    honor_labels: z
      .boolean()
      .default(false)
      .describe(
        'Labels of the target go before job, instance and labels; false: they become exported_…',
      ),
    headers: z.record(z.string(), z.string()).default({}).describe('Headers of the requests'),
    bearer_token: secret().optional().describe('Sent as Authorization: Bearer …'),
    max_samples: z
      .number()
      .int()
      .min(1)
      .default(50_000)
      .describe('Most samples of one answer; one with more counts as failed'),
    max_size: size().default(32_000_000).describe('Most bytes of one answer once it is inflated'),
  })
  .superRefine(({ interval, timeout }, context) => {
    if (timeout <= interval) return
    const message = 'timeout has to be at most the interval'
    context.addIssue({ code: 'custom', message, path: ['timeout'] })
  })

export const scrapeFields = {
  scrape: z
    .array(job)
    .max(1000)
    .default([])
    .describe('What is scraped, as Prometheus does; samples go to the store'),
} as const

export type ScrapeJob = z.output<typeof job>
