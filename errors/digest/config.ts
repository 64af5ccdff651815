import { z } from 'zod'
import { duration, size } from '../../core/units.ts'

/** What the digest keeps of error reports, and for how long. Counts are exact whatever is kept. */
export const digestConfig = z
  .strictObject({
    retention: z
      .strictObject({
        age: duration()
          .default(90 * 86_400_000)
          .describe('Events, and issues that were not seen for so long, go'),
        clock_jump_wait: duration()
          .default(3_600_000)
          .describe(
            'How long nothing goes for its age after the clock went ahead by more than a day, also at a start',
          ),
        size: size()
          .default(10_000_000_000)
          .describe('Most bytes of kept events and counts; the least telling go first'),
        sessions: duration()
          .default(90 * 86_400_000)
          .describe('Sums of sessions, check-ins and counts of projects older than this go'),
        hours: duration()
          .default(30 * 86_400_000)
          .describe('How long issues are counted by hour; older hours become days'),
      })
      .prefault({})
      .describe('What goes when'),
    kept_per_issue: z
      .int()
      .min(2)
      .default(100)
      .describe('Most events of an issue of which the body is kept'),
    kept_per_minute: z
      .int()
      .min(1)
      .default(3)
      .describe('Of these, most that are kept in a minute only because they are new'),
    kept_per_project: z
      .int()
      .min(100)
      .default(200_000)
      .describe('Most events of a project of which the body is kept'),
    issues_max: z
      .int()
      .min(100)
      .default(200_000)
      .describe(
        'Most issues of a project; the ones with the fewest events, seen longest ago, go first',
      ),
    issue_quota: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Most events of one issue in an hour that may be kept; beyond it they are counted only',
      ),
    tag_keys_max: z
      .int()
      .min(10)
      .default(200)
      .describe('Most tags of an issue that are counted; of further ones the kept events tell'),
    tag_values_max: z
      .int()
      .min(10)
      .default(100)
      .describe(
        'Most values of a tag that are counted each for an issue; the others are counted together',
      ),
    users_max: z
      .int()
      .min(100)
      .default(100_000)
      .describe(
        'Most users of an issue that are told apart; beyond it their number is a lower bound',
      ),
    releases_max: z
      .int()
      .min(10)
      .default(10_000)
      .describe('Most releases of a project; the oldest without a date of release go first'),
    environments_max: z
      .int()
      .min(1)
      .default(100)
      .describe('Most environments of a project; events of others are counted without one'),
    monitors_max: z.int().min(0).default(500).describe('Most monitors of a project'),
    seen_max: z
      .int()
      .min(1000)
      .default(1_000_000)
      .describe('How many of the last event ids are remembered, so that none counts twice'),
    transaction_events: z
      .int()
      .min(1)
      .default(5_000)
      .describe('Most events that are digested in one transaction'),
    transaction_time: duration()
      .default(2_000)
      .describe('Longest that a transaction of the digest is open; questions end it earlier'),
  })
  .prefault({})
  .describe('What becomes of reports: how much is kept, and for how long')

export type DigestConfig = z.output<typeof digestConfig>
