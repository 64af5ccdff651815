import type { LookupAddress } from 'node:dns'
import { z } from 'zod'
import { definer } from '../../../core/plugin.ts'
import type { Message } from '../message.ts'

export interface Attempt {
  /** True when an earlier attempt's fate is unknown: a crash or a time-out amid sending. */
  readonly mayBeRepeat: boolean
  readonly deadline: AbortSignal
}

/**
 * A way to tell people. `send` is one attempt without retry.
 *
 * @throws RetryableError when it may succeed later, PermanentError when never as it is.
 */
export interface Channel {
  /** Whether whoever is told recognises a message that comes again, by its id. */
  readonly knowsRepeats: boolean
  /** @returns what the target said, for the record. */
  send(message: Message, attempt: Attempt): Promise<string>
}

export interface ChannelWorld {
  /** All addresses of a name. @throws what the resolver throws. */
  readonly lookup: (host: string) => Promise<readonly LookupAddress[]>
  readonly nowMs: () => number
}

const shared = {
  id: z
    .string()
    .regex(/^[a-z0-9_.-]{1,64}$/, 'expected lower-case letters, digits, _, . and -')
    .optional()
    .describe('What rules name it by; needed when a type repeats'),
}

export const defineChannel = definer<[ChannelWorld], Channel, typeof shared>(shared)

/** A URL that something is posted to. */
export const targetUrl = () =>
  z
    .string()
    .max(4000)
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
      error: 'expected a URL such as https://hooks.example.com/alerts',
    })

export const allowPrivate = () =>
  z
    .boolean()
    .default(false)
    .describe('Whether it may be on this machine or a private network: only where you run it')
