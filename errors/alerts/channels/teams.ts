import { secret } from '../../../core/config/secret.ts'
import { cut, detailsOf, lineOf, notesOf } from '../message.ts'
import { allowPrivate, defineChannel } from './channel.ts'

/** A workflow of Microsoft Teams that posts what its webhook gets: an adaptive card. */
export const teamsChannel = defineChannel(
  'teams',
  'A workflow of Microsoft Teams ("when a Teams webhook request is received")',
  {
    url: secret().describe('The URL of the webhook, which is a secret'),
    allow_private: allowPrivate(),
  },
  (config, world) => ({
    knowsRepeats: false,
    async send(message, attempt) {
      const { post } = await import('./post.ts')
      const more = message.count - message.items.length
      const text = (said: string, more: object = {}) => ({
        type: 'TextBlock',
        wrap: true,
        text: said,
        ...more,
      })
      const content = {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body: [
          text(plain(cut(message.headline, 500)), { weight: 'Bolder', size: 'Medium' }),
          ...message.items.flatMap((item) => [
            ...(message.count === 1 ? [] : [text(plain(cut(lineOf(item), 300)))]),
            text(plain(cut(detailsOf(item).join(' · '), 500)), { isSubtle: true }),
          ]),
          ...(more > 0 ? [text(`… and ${more} more.`)] : []),
          text(plain(notesOf(message, attempt.mayBeRepeat).join(' ')), {
            isSubtle: true,
            size: 'Small',
          }),
        ],
        actions: message.items
          .filter(({ url }) => url !== undefined)
          .slice(0, 5)
          .map(({ url, shortId }) => ({ type: 'Action.OpenUrl', title: shortId ?? 'Open', url })),
      }
      const contentType = 'application/vnd.microsoft.card.adaptive'
      const body = JSON.stringify({ type: 'message', attachments: [{ contentType, content }] })
      const url = config.url.reveal()
      return await post({ url, body, allowsPrivate: config.allow_private }, world, attempt)
    },
  }),
)

/** Text blocks read markdown: what an application throws is not to become links and pictures. */
const plain = (text: string) => text.replaceAll(/[\\`*_[\]]/g, String.raw`\$&`)
