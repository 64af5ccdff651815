import { z } from 'zod'

/** What quotas are set for, with the names that Sentry has for what they limit (`X-Sentry-Rate-Limits`). */
export const quotaCategories = {
  errors: ['error', 'default', 'security'],
  attachments: ['attachment'],
  sessions: ['session'],
  check_ins: ['monitor'],
  feedback: ['feedback', 'user_report_v2'],
  logs: ['log_item'],
} as const

export type QuotaCategory = keyof typeof quotaCategories

const limits = (what: string) =>
  z
    .strictObject({
      minute: z.int().min(0).optional().describe(`Most ${what} in a minute`),
      hour: z.int().min(0).optional().describe(`Most ${what} in an hour`),
      month: z.int().min(0).optional().describe(`Most ${what} in a calendar month (UTC)`),
    })
    .optional()
    .describe(`How many ${what} are taken; above it 429`)

/** Counted in pieces, attachments too. 0 takes none. */
export const quotaSchema = z.strictObject({
  errors: limits('error events'),
  attachments: limits('attachments'),
  sessions: limits('sessions'),
  check_ins: limits('check-ins'),
  feedback: limits('user feedbacks'),
  logs: limits('log items'),
})

export type Quota = z.output<typeof quotaSchema>

export const quotas = {
  quota: quotaSchema
    .prefault({})
    .describe('Most that is taken for it; without a limit there is none'),
  key_quota: quotaSchema.prefault({}).describe('Most that is taken by each key of it'),
}
