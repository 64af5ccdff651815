import { secret } from '../../../core/config/secret.ts'
import { cut, detailsOf, type Item, lineOf, notesOf } from '../message.ts'
import { allowPrivate, defineChannel } from './channel.ts'

/** An incoming webhook of Slack's, or of what takes the same (Mattermost, Rocket.Chat, Google Chat takes `text`). */
export const slackChannel = defineChannel(
  'slack',
  'An incoming webhook of Slack, Mattermost or Rocket.Chat',
  {
    url: secret().describe('The URL of the incoming webhook, which is a secret'),
    allow_private: allowPrivate(),
  },
  (config, world) => ({
    knowsRepeats: false,
    async send(message, attempt) {
      const { post } = await import('./post.ts')
      const notes = notesOf(message, attempt.mayBeRepeat).map(escaped).join(' ')
      const more = message.count - message.items.length
      const rest = more > 0 ? [section(`… and ${more} more.`)] : []
      const body = JSON.stringify({
        text: escaped(cut(message.headline, 1000)),
        blocks: [
          ...(message.items.length === 1
            ? []
            : [section(`*${escaped(cut(message.headline, 500))}*`)]),
          ...message.items.map((item) => section(itemText(item))),
          ...rest,
          { type: 'context', elements: [{ type: 'mrkdwn', text: cut(notes, 1000) }] },
        ],
      })
      const url = config.url.reveal()
      return await post({ url, body, allowsPrivate: config.allow_private }, world, attempt)
    },
  }),
)

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })

function itemText(item: Item): string {
  const title = escaped(cut(lineOf(item), 500))
  const linked =
    item.url === undefined ? `*${title}*` : `*<${item.url}|${title.replaceAll('|', '¦')}>*`
  return [linked, cut(detailsOf(item).map(escaped).join(' · '), 1000)].filter(Boolean).join('\n')
}

/** As Slack wants it (docs.slack.dev/messaging/formatting-message-text): nobody is mentioned, nothing is linked. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
