/** What people can be told of. Those before `event_count` come with what causes them; the others are watched for. */
export const occasions = [
  'new_issue',
  'regression',
  'escalation',
  'unarchived',
  'new_release',
  'feedback',
  'missed_check_in',
  'failed_check_in',
  'recovered_check_in',
  'event_count',
  'user_count',
  'crash_free_rate',
] as const
export type Occasion = (typeof occasions)[number]
