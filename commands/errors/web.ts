import type { Command } from 'commander'
import { callControl } from '../../core/control.ts'
import { WeirError } from '../../core/errors.ts'
import type { WebReply } from '../../errors/api/web_operations.ts'
import type { JsonValue } from '../../store/search.ts'
import { dataFolderFor, type ConfigOptions } from '../load_config.ts'
import type { World } from '../world.ts'

/**
 * Asks the running Weir's web API over its socket. Issues are in memory of a thread of its own, so there is nothing
 * of a stopped one to ask.
 *
 * @param path below /api/0, with its query.
 * @throws WeirError WEIR_NOT_RUNNING, or WEIR_REQUEST_INVALID with what the API said.
 */
export async function askWeb(
  world: World,
  command: Command,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  path: string,
  body: JsonValue = null,
): Promise<WebReply> {
  const folder = await dataFolderFor(world, command.optsWithGlobals<ConfigOptions>())
  for await (const item of callControl(folder, 'errors.web', { method, path, body })) {
    const reply = item as WebReply
    if (reply.status < 400) return reply
    const { detail } = (reply.body ?? {}) as { detail?: string }
    throw new WeirError('WEIR_REQUEST_INVALID', detail ?? `it was answered with ${reply.status}`)
  }
  throw new WeirError('WEIR_NOT_RUNNING', 'Weir stopped before it answered')
}

export const part = (text: string): string => encodeURIComponent(text)
