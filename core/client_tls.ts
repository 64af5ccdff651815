import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { z } from 'zod'

/**
 * The `tls` option of whatever connects to a server.
 * @param of what is encrypted, for its description: `an https URL`.
 */
export const clientTls = (of: string) =>
  z
    .strictObject({
      ca: z.string().optional().describe('Path of the CA certificates to believe, PEM'),
      cert: z.string().optional().describe('Path of a client certificate, PEM'),
      key: z.string().optional().describe('Path of its private key, PEM'),
      verify: z.boolean().default(true).describe('Whether the certificate must be valid'),
    })
    .optional()
    .describe(`TLS of ${of}`)

export type ClientTls = NonNullable<z.output<ReturnType<typeof clientTls>>>

/**
 * Reads the files that the option names.
 * @throws the file system's error for one that cannot be read.
 */
export function readClientTls({ ca, cert, key, verify }: ClientTls): ConnectionOptions {
  return {
    rejectUnauthorized: verify,
    ...(ca && { ca: readFileSync(ca) }),
    ...(cert && { cert: readFileSync(cert) }),
    ...(key && { key: readFileSync(key) }),
  }
}
