import { isIP } from 'node:net'
import { z } from 'zod'

const network = z.string().superRefine((text, context) => {
  const [ip = '', bits] = text.split('/')
  const family = isIP(ip)
  const most = family === 6 ? 128 : 32
  if (family !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most))) return
  context.addIssue({
    code: 'custom',
    message: `"${text}" is not a network: write an IP address or CIDR such as 10.0.0.0/8 or fd00::/8`,
  })
})

/** The `allow` and `deny` options. */
export const access = {
  allow: z
    .array(network)
    .optional()
    .describe('Networks (CIDR) that may send; default: all that `deny` does not name'),
  deny: z.array(network).default([]).describe('Networks (CIDR) that may not send; wins over allow'),
}
