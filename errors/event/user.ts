import { isIP } from 'node:net'
import { setOwn } from '../../core/json.ts'
import type { JsonRecord } from '../../store/search.ts'
import { objectBag } from './bag.ts'
import type { Findings } from './findings.ts'
import { isEmpty, isRecord, scalarText } from './reading.ts'
import type { Raw } from './reading.ts'
import type { SentryRequest, SentryUser } from './sentry_event.ts'

const typed = new Set(['id', 'email', 'username', 'name', 'ip_address', 'geo', 'data'])

/** The user as sent; keys that are not Sentry's are under `data`. */
export function readUser(findings: Findings, raw: Raw): SentryUser | undefined {
  if (isEmpty(raw)) return undefined
  if (!isRecord(raw)) {
    findings.invalid('user', raw, 'an object')
    return undefined
  }
  findings.enter('user')
  const user: SentryUser = {}
  for (const key of ['id', 'email', 'username', 'name'] as const) {
    const read = scalarText(findings, raw, key, 128, 20)
    if (read !== undefined) user[key] = read
  }
  const address = scalarText(findings, raw, 'ip_address', 64)
  if (address === auto || (address !== undefined && isIP(address) !== 0)) user.ip_address = address
  else if (address !== undefined) findings.invalid('ip_address', address, 'an IP address')
  const geo = objectBag(findings, raw, 'geo', 3, 1_024)
  if (geo !== undefined) user.geo = geo
  const data = objectBag(findings, { data: allData(findings, raw) }, 'data', 5, 2_048)
  if (data !== undefined) user.data = data
  findings.leave()
  return user
}

function allData(findings: Findings, raw: JsonRecord): JsonRecord {
  const data: JsonRecord = {}
  const { data: given } = raw
  if (isRecord(given)) {
    for (const key of Object.keys(given)) setOwn(data, key, given[key]!)
  } else if (!isEmpty(given)) findings.invalid('data', given, 'an object')
  for (const key of Object.keys(raw)) {
    const value = raw[key]
    if (!typed.has(key) && value !== null && !Object.hasOwn(data, key)) setOwn(data, key, value!)
  }
  return data
}

/** What an SDK sends for "the address that this request comes from". */
const auto = '{{auto}}'
/** SDKs for what runs at the user's: the sender is the user. */
const runsAtUsers = new Set(['javascript', 'cocoa', 'objc'])

/**
 * The user's address: what was sent, `{{auto}}` replaced; else that of the request the application served; else,
 * where the application runs at the user's, the sender's.
 *
 * @param mayInfer false where the SDK asks for none (`sdk.settings.infer_ip: never`)
 */
export function settleAddress(
  user: SentryUser | undefined,
  request: SentryRequest | undefined,
  platform: string,
  clientIp: string | undefined,
  mayInfer: boolean,
): SentryUser | undefined {
  const sender = clientIp !== undefined && isIP(clientIp) !== 0 ? clientIp : undefined
  const { env } = request ?? {}
  let remote = env?.['REMOTE_ADDR']
  if (env !== undefined && remote === auto) {
    if (sender === undefined) delete env['REMOTE_ADDR']
    else env['REMOTE_ADDR'] = sender
    remote = sender
  }
  let address = user?.ip_address
  if (address === auto) address = sender
  if (address === undefined && typeof remote === 'string' && isIP(remote) !== 0) address = remote
  if (address === undefined && mayInfer && remote === undefined && runsAtUsers.has(platform)) {
    address = sender
  }
  if (address !== undefined) return { ...user, ip_address: address }
  if (user?.ip_address === undefined)
    return isEmpty(user as JsonRecord | undefined) ? undefined : user
  const { ip_address: _, ...rest } = user
  return isEmpty(rest as JsonRecord) ? undefined : rest
}
