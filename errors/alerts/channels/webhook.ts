import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { secret } from '../../../core/config/secret.ts'
import { allowPrivate, defineChannel, targetUrl } from './channel.ts'

/**
 * JSON to any URL, signed as Standard Webhooks has it (standardwebhooks.com): HMAC-SHA-256 over
 * `id.timestamp.body`, in base64 behind `v1,`. A secret that begins with `whsec_` is base64 behind it.
 */
export const webhookChannel = defineChannel(
  'webhook',
  'A URL of your own: the message as JSON, signed',
  {
    url: targetUrl().describe('Where to post to'),
    secret: secret()
      .optional()
      .describe('What the signature is made with; without it there is none'),
    headers: z
      .record(z.string().min(1), secret())
      .default({})
      .describe('More request headers, such as authorization'),
    allow_private: allowPrivate(),
  },
  (config, world) => ({
    knowsRepeats: true,
    async send(message, attempt) {
      const { post } = await import('./post.ts')
      const body = JSON.stringify({ ...message, may_be_repeat: attempt.mayBeRepeat })
      const seconds = String(Math.floor(world.nowMs() / 1000))
      const key = config.secret?.reveal()
      const headers: Record<string, string> = {}
      for (const [name, value] of Object.entries(config.headers)) headers[name] = value.reveal()
      headers['webhook-id'] = message.id
      headers['webhook-timestamp'] = seconds
      if (key !== undefined) {
        headers['webhook-signature'] = `v1,${signature(key, `${message.id}.${seconds}.${body}`)}`
      }
      const { url, allow_private: allowsPrivate } = config
      return await post({ url, body, headers, allowsPrivate }, world, attempt)
    },
  }),
)

function signature(secretText: string, signed: string): string {
  const key = secretText.startsWith('whsec_')
    ? Buffer.from(secretText.slice('whsec_'.length), 'base64')
    : secretText
  return createHmac('sha256', key).update(signed).digest('base64')
}
