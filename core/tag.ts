import { z } from 'zod'

/** What a tag has to be, wherever it comes from: the config or `/in/<tag>`. */
export const tagRule = '1 to 200 characters, without spaces: such as nginx.access'

// eslint-disable-next-line no-control-regex
export const isTag = (text: string): boolean => /^[^\s\u0000-\u001f\u007f]{1,200}$/.test(text)

/** A config value that is a tag. */
export const tag = () => z.string().refine(isTag, { error: `a tag has ${tagRule}` })
