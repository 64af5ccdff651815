import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { freePort, launch, waitFor } from './process.ts'
import type { Found } from './require.ts'

const run = promisify(execFile)

/** A real nginx that answers every path and logs it in the combined format. */
export interface Nginx {
  readonly url: string
  /** Holds access.log and, after rotation, its copies; nobody else's files. */
  readonly logFolder: string
  readonly accessLog: string
  /** Makes it open its log anew, as after a rotation by renaming (USR1). */
  reopen(): void
  stop(): Promise<void>
}

/** Starts an nginx found by `requirePeer('nginx')`. */
export async function startNginx(found: Found): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-nginx-'))
  const logFolder = join(folder, 'log')
  mkdirSync(logFolder, { mode: 0o755 })
  // Workers of a root's nginx run as nobody.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const accessLog = join(logFolder, 'access.log')
  const config = join(folder, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    config,
    `daemon off;
${process.getuid?.() === 0 ? 'user nobody nogroup;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  access_log ${accessLog} combined;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:${port};
    location / { default_type text/plain; return 200 "ok\\n"; }
  }
}
`,
  )
  const program = launch(found.path, ['-c', config, '-e', join(folder, 'error.log')], {
    output: join(folder, 'output.log'),
  })
  const url = `http://127.0.0.1:${port}`
  await waitFor(`nginx at ${url}`, () => answers(`${url}/ready`), 10_000)
  return {
    url,
    logFolder,
    accessLog,
    reopen: () => program.signal('SIGUSR1'),
    async stop() {
      await program.end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

/**
 * Puts load on a server with ApacheBench, found by `requirePeer('ab')`.
 *
 * @returns how many of the `requests` were answered; with 2xx all of them.
 */
export async function load(found: Found, url: string, requests: number): Promise<number> {
  const args = ['-q', '-k', '-c', '8', '-n', String(requests), `${url}/`]
  const { stdout } = await run(found.path, args)
  const count = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(stdout)?.[1] ?? 0)
  return count('Complete requests') - count('Failed requests') - count('Non-2xx responses')
}
