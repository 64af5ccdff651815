import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { WeirFolder } from '../peers/weir_folder.ts'
import { request } from './socket_request.ts'

/** Lines of the log that are told. */
const logLines = 40

/**
 * What there is to see when lines that were written do not arrive: what Weir says of its inputs, outputs and
 * journal, the files that it follows, and the end of its log. As text, for the message of a failure.
 *
 * @param logs the folder of the files that are followed.
 */
export async function standstill(weir: WeirFolder, logs: string): Promise<string> {
  const status = await statusOf(weir).catch((failure: unknown) => `no status: ${String(failure)}`)
  const files = readdirSync(logs).map((name) => {
    const { ino, size, mtime, nlink } = statSync(join(logs, name))
    return `${name}: inode ${ino}, ${size} bytes, ${nlink} links, changed ${mtime.toISOString()}`
  })
  const log = readFileSync(join(weir.path, 'weir.log'), 'utf8').trimEnd().split('\n')
  return [status, ...files, ...log.slice(-logLines)].join('\n')
}

async function statusOf({ path }: WeirFolder): Promise<string> {
  const { body } = await request(join(path, 'http.sock'), '/api/status')
  const status = JSON.parse(body) as Record<string, unknown>
  const { inputs, outputs, journal, readers, impaired } = status
  return JSON.stringify({ inputs, outputs, journal, readers, impaired }, undefined, 1)
}
