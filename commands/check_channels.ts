import { Secret } from '../core/config/secret.ts'
import { isSurelyPrivate } from '../errors/alerts/channels/address_guard.ts'
import { channelId } from '../errors/alerts/config.ts'
import type { ErrorsConfig } from '../errors/config.ts'
import type { Finding } from './finding.ts'

/** Channels that would refuse each message as they are configured. A URL can be a secret: only its host is shown. */
export function checkChannels({ channels }: ErrorsConfig): Finding[] {
  return channels.flatMap((channel): Finding[] => {
    if (!('url' in channel)) return []
    const { url, allow_private: allowsPrivate } = channel
    const text = url instanceof Secret ? url.reveal() : String(url)
    const problem = (message: string): Finding[] => [
      { level: 'problem', subject: `channel ${channelId(channel)}`, message },
    ]
    if (!URL.canParse(text)) return problem('its url is none: expected one such as https://…')
    const { hostname } = new URL(text)
    if (allowsPrivate === true || !isSurelyPrivate(hostname)) return []
    return problem(
      `${hostname} is no public address, and nothing is sent there: set allow_private: true where it is yours`,
    )
  })
}
