import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Found } from './require.ts'

const run = promisify(execFile)

export interface Rotation {
  /** Absolute path or glob of the logs. Their folder may be writable for its owner only. */
  readonly path: string
  readonly method: 'copytruncate' | 'create'
  /** Rotated files to keep; default 100, so that none is deleted unread. */
  readonly keep?: number
  /** The same for all rotations of a file: a copy without .gz is overwritten by one with it. */
  readonly compress?: boolean
  /** A shell command to run after renaming, such as one that makes the writer open its log anew. */
  readonly postrotate?: string
}

/** Rotates once, now, by the real logrotate found by `requirePeer('logrotate')`. */
export async function rotate(found: Found, rotation: Rotation): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-logrotate-'))
  const { path, method, keep = 100, compress, postrotate } = rotation
  const lines = [
    `"${path}" {`,
    `  rotate ${keep}`,
    '  missingok',
    `  ${method}`,
    ...(compress ? ['  compress'] : []),
    ...(postrotate ? ['  postrotate', `    ${postrotate}`, '  endscript'] : []),
    '}',
  ]
  const config = join(folder, 'logrotate.conf')
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o644 })
  try {
    await run(found.path, ['--force', '--state', join(folder, 'state'), config])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
