import { secret } from '../../../core/config/secret.ts'
import { cut, detailsOf, lineOf, notesOf } from '../message.ts'
import { allowPrivate, defineChannel } from './channel.ts'

/** Discord takes ten at most. */
const embedsMax = 10
const red = 0xd9363e

/** A webhook of a Discord channel. */
export const discordChannel = defineChannel(
  'discord',
  'A webhook of a Discord channel',
  {
    url: secret().describe('The URL of the webhook, which is a secret'),
    allow_private: allowPrivate(),
  },
  (config, world) => ({
    knowsRepeats: false,
    async send(message, attempt) {
      const { post } = await import('./post.ts')
      const shown = message.items.slice(0, embedsMax)
      const more = message.count - shown.length
      const notes = notesOf(message, attempt.mayBeRepeat).join(' ')
      const body = JSON.stringify({
        content: cut(
          [message.headline, more > 0 ? `… and ${more} more.` : '', notes]
            .filter(Boolean)
            .join('\n'),
          1900,
        ),
        embeds: shown.map((item) => ({
          title: cut(lineOf(item), 250),
          // 6000 characters are what all embeds of a message may have together.
          description: cut(detailsOf(item).join(' · '), 300),
          ...(item.url !== undefined && { url: item.url }),
          color: red,
          timestamp: item.at,
        })),
        // What an application throws is no call for everyone.
        allowed_mentions: { parse: [] },
      })
      const url = config.url.reveal()
      return await post({ url, body, allowsPrivate: config.allow_private }, world, attempt)
    },
  }),
)
