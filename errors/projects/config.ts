import { z } from 'zod'
import { projectGroupingFields } from '../grouping/config.ts'
import { quotas } from '../ingest/quota_config.ts'
import { projectScrubbingFields } from '../scrub/config.ts'

/** What can be set for each project. Owners of settings have their fields in files of their own. */
const settingsFields = {
  ...quotas,
  ...projectScrubbingFields,
  ...projectGroupingFields,
}

export const projectSettings = z.strictObject(settingsFields)

export type ProjectSettings = z.output<typeof projectSettings>

export const publicKey = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'a key has 32 hex characters in lower case: `openssl rand -hex 16`')

const key = z.union([
  publicKey.transform((text) => ({ public: text, label: 'Default', disabled: false })),
  z.strictObject({
    public: publicKey.describe('What the DSN has before the `@`'),
    label: z.string().min(1).max(64).default('Default').describe('What it is for'),
    disabled: z.boolean().default(false).describe('Whether reports with it are refused'),
    origins: z
      .array(z.string().min(1).max(256))
      .optional()
      .describe(
        'Pages that may report with it: `https://app.example.com`, `example.com`, `*.example.com`, `*`. Without it all may',
      ),
  }),
])

const project = z.strictObject({
  id: z.int().min(1).describe('What its DSN ends with'),
  name: z.string().min(1).max(200).optional().describe('As people read it. Default: the slug'),
  platform: z
    .string()
    .regex(/^[a-z0-9._-]{1,64}$/, 'expected such as node, python or javascript-react')
    .optional()
    .describe('What it is written in, as Sentry calls it'),
  keys: z
    .array(key)
    .min(1)
    .max(100)
    .optional()
    .describe('Public keys: 32 hex characters each. Without it one is made, and kept in the store'),
  ...settingsFields,
})

export type ConfiguredProject = z.output<typeof project>

export const slugRule = 'lower-case letters, digits, - and _, one of them no digit, at most 50'

/** A slug of digits alone would be taken for an id. */
export const isSlug = (text: string): boolean =>
  /^[a-z0-9_][a-z0-9_-]{0,49}$/.test(text) && !/^\d+$/.test(text)

/** `errors.projects`: by slug. */
export const configuredProjects = z
  .record(z.string().refine(isSlug, { error: `a project's slug has ${slugRule}` }), project)
  .default({})
  .superRefine((projects, context) => {
    const ids = new Map<number, string>()
    const keys = new Map<string, string>()
    for (const [slug, { id, keys: own = [] }] of Object.entries(projects)) {
      const other = ids.get(id)
      if (other !== undefined) {
        const message = `${id} is the id of the project ${other}: ids differ`
        context.addIssue({ code: 'custom', path: [slug, 'id'], message })
      }
      ids.set(id, slug)
      for (const [index, { public: text }] of own.entries()) {
        const holder = keys.get(text)
        if (holder !== undefined) {
          const message = `the project ${holder} has this key: keys differ`
          context.addIssue({ code: 'custom', path: [slug, 'keys', index], message })
        }
        keys.set(text, slug)
      }
    }
  })
  .describe('Projects by slug, beside those that `weir project add` and the API make')
