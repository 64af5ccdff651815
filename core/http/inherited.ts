import { ConfigError } from '../errors.ts'
import type { ListenAddress } from './address.ts'

/**
 * Where to listen when the config says nothing: the sockets that systemd passed to this very process
 * (`LISTEN_FDS`, from descriptor 3 on), or `PORT` on loopback, as Procfile runners set it. Undefined
 * when the environment says nothing either.
 *
 * @throws ConfigError for a PORT that is none.
 */
export function listenOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): ListenAddress[] | undefined {
  const passed = Number(environment['LISTEN_FDS'])
  if (passed >= 1 && passed <= 64 && Number(environment['LISTEN_PID']) === pid) {
    return Array.from({ length: passed }, (_, index) => ({ kind: 'fd', fd: 3 + index }))
  }
  const port = environment['PORT']
  if (port === undefined || port === '') return undefined
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    const text = `environment: PORT: "${port}" is no port: set it to 1 to 65535, unset it, or set http.listen`
    throw new ConfigError('WEIR_CONFIG_INVALID', text)
  }
  return [{ kind: 'tcp', host: '127.0.0.1', port: Number(port) }]
}
