import { readFileSync } from 'node:fs'
import type { TlsOptions } from 'node:tls'
import { createSecureContext } from 'node:tls'
import { z } from 'zod'
import { ConfigError, messageOf } from '../errors.ts'
import { duration } from '../units.ts'

/** The `tls` option of an input that takes connections. */
export const tlsOptions = z
  .strictObject({
    cert: z.string().describe('File with the certificate chain, PEM'),
    key: z.string().describe('File with its private key, PEM'),
    ca: z.string().optional().describe('File with the authorities of client certificates, PEM'),
    client_auth: z
      .enum(['none', 'request', 'require'])
      .default('none')
      .describe('Whether clients are asked for a certificate, and refused without a good one'),
    min_version: z.enum(['1.2', '1.3']).default('1.2').describe('Lowest TLS version taken'),
    handshake_timeout: duration().default(10_000).describe('Most time for a handshake'),
  })
  .optional()
  .describe('TLS; without it connections are plain')

export type TlsConfig = NonNullable<z.output<typeof tlsOptions>>

/** Reads the files. Throws a ConfigError that names the option which cannot be used. */
export function readTls(config: TlsConfig): TlsOptions {
  const read = (name: 'cert' | 'key' | 'ca', path: string) => {
    try {
      return readFileSync(path)
    } catch (failure) {
      throw new ConfigError('WEIR_CONFIG_INVALID', `tls.${name}: ${messageOf(failure)}`)
    }
  }
  if (config.client_auth === 'require' && config.ca === undefined) {
    throw new ConfigError(
      'WEIR_CONFIG_INVALID',
      'tls.client_auth is "require", which needs tls.ca: the file with the authorities to trust',
    )
  }
  const options: TlsOptions = {
    cert: read('cert', config.cert),
    key: read('key', config.key),
    ...(config.ca === undefined ? {} : { ca: read('ca', config.ca) }),
    minVersion: `TLSv${config.min_version}`,
    requestCert: config.client_auth !== 'none',
    rejectUnauthorized: config.client_auth === 'require',
    handshakeTimeout: config.handshake_timeout,
  }
  try {
    createSecureContext(options)
  } catch (failure) {
    const files = `tls.cert ${config.cert}, tls.key ${config.key}`
    throw new ConfigError('WEIR_CONFIG_INVALID', `${files}: ${messageOf(failure)}`)
  }
  return options
}
