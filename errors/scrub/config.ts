import { z } from 'zod'

const fields = (what: string) => z.array(z.string().trim().min(1).max(128)).max(500).describe(what)

const choices = {
  enabled: z.boolean().describe('Whether secrets are taken out of events before they are stored'),
  defaults: z
    .boolean()
    .describe(
      'Whether what Sentry takes for secret is taken out: fields that are called password, token, auth and so on, card and social security numbers, keys, passwords in URLs',
    ),
  match: z
    .enum(['keys_and_values', 'keys'])
    .describe(
      'keys_and_values, as Sentry does: a text that has one of the words in it is taken out whole as well; keys: only what stands under a field of such a name, or behind `token=` and the like in a text',
    ),
  ip_addresses: z.boolean().describe('Whether IP addresses are taken out, wherever they are'),
  sensitive_fields: fields('Further words that make a field secret: any part of its name'),
  exclude_fields: fields('Fields that stay as they are, by their whole name'),
  attachments: z
    .enum(['scrub', 'texts', 'keep', 'drop'])
    .describe(
      'Files that come with events. scrub: texts lose their secrets, what is no text (pictures, dumps of memory) is kept as it is; texts: so, and what is no text is left out; keep: all as they are; drop: none',
    ),
} as const

/** What is taken out of every project's events. */
export const scrubbingConfig = z.strictObject({
  ...choices,
  enabled: choices.enabled.default(true),
  defaults: choices.defaults.default(true),
  match: choices.match.default('keys_and_values'),
  ip_addresses: choices.ip_addresses.default(false),
  sensitive_fields: choices.sensitive_fields.default([]),
  exclude_fields: choices.exclude_fields.default([]),
  attachments: choices.attachments.default('scrub'),
})

export type ScrubbingConfig = z.output<typeof scrubbingConfig>

/** A project's own choices; its lists come on top of those for all projects. */
export const projectScrubbing = z.strictObject(choices).partial()

export type ProjectScrubbing = z.output<typeof projectScrubbing>

export const scrubbingFields = {
  scrub: scrubbingConfig
    .prefault({})
    .describe('What is taken out of events before they are stored; projects may differ'),
}

export const projectScrubbingFields = {
  scrub: projectScrubbing
    .optional()
    .describe("What is taken out of this project's events; lists add to those of `errors.scrub`"),
}
