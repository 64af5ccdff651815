import { WeirError } from '../../core/errors.ts'
import type { World } from '../world.ts'

/** Where another machine's Weir is, and what it lets one in by. */
export interface Remote {
  /** Such as http://weir:4400. */
  readonly url: string
  readonly token?: string | undefined
}

/**
 * Asks the Weir at `url` for `path`; gives its answer when it is a good one.
 *
 * @throws WeirError what it says is wrong, or that it cannot be reached.
 */
export async function askRemote(
  { url, token }: Remote,
  { env }: Pick<World, 'env'>,
  path: string,
  body?: object,
): Promise<Response> {
  const secret = token ?? env['WEIR_TOKEN']
  const headers = {
    ...(body && { 'content-type': 'application/json' }),
    ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
  }
  const request = body ? { method: 'POST', body: JSON.stringify(body) } : {}
  let response: Response
  try {
    response = await fetch(`${url.replace(/\/$/, '')}${path}`, { ...request, headers })
  } catch (failure) {
    const { cause } = failure as { cause?: unknown }
    const text = `${url} cannot be reached: ${cause instanceof Error ? cause.message : String(failure)}`
    throw new WeirError('WEIR_NOT_RUNNING', text, { cause: failure })
  }
  if (response.ok) return response
  const text = await response.text()
  const isForbidden = response.status === 401 || response.status === 403
  const code = isForbidden ? 'WEIR_REQUEST_FORBIDDEN' : 'WEIR_REQUEST_INVALID'
  throw new WeirError(code, `${url} answered ${response.status}: ${reasonIn(text)}`)
}

/** Elasticsearch's reason, or the message of Weir's own errors. */
function reasonIn(text: string): string {
  const found = /"(?:reason|message)":("(?:[^"\\]|\\.)*")/.exec(text)?.[1]
  return found === undefined ? text.slice(0, 200) : (JSON.parse(found) as string)
}
