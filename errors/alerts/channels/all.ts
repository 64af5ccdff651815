import { registry } from '../../../core/plugin.ts'
import { discordChannel } from './discord.ts'
import { emailChannel } from './email.ts'
import { pagerdutyChannel } from './pagerduty.ts'
import { slackChannel } from './slack.ts'
import { teamsChannel } from './teams.ts'
import { webhookChannel } from './webhook.ts'

/** Ways to tell people: a new one is one file and one line here. */
export const channels = registry([
  emailChannel,
  webhookChannel,
  slackChannel,
  discordChannel,
  teamsChannel,
  pagerdutyChannel,
])
