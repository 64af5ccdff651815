import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import process from 'node:process'
import { launch, type Program } from '../../peers/process.ts'

/** A page that Vite built, and what serves it. */
export interface Page {
  readonly url: string
  close(): void
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
}

/**
 * Builds the page in `programs/browser` in a folder of its own, minified. Sentry's plugin uploads the source maps,
 * which are not served.
 *
 * @param modules node_modules of the peer `sentry-browser`.
 * @param weirUrl where the maps go.
 */
export async function buildPage(
  folder: string,
  modules: string,
  dsn: string,
  weirUrl: string,
): Promise<Page> {
  mkdirSync(folder, { recursive: true })
  cpSync(join(import.meta.dirname, 'programs/browser'), folder, { recursive: true })
  symlinkSync(modules, join(folder, 'node_modules'))
  execFileSync(
    join(import.meta.dirname, '../../../bin/node'),
    [join(modules, 'vite/bin/vite.js'), 'build', '--logLevel', 'error'],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, VITE_DSN: dsn, SENTRY_URL: weirUrl },
    },
  )
  const dist = join(folder, 'dist')
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://x').pathname
    const name = path.endsWith('/') ? `${path}index.html` : path
    try {
      if (name.endsWith('.map')) throw new Error('not served')
      const body = readFileSync(join(dist, name))
      response.setHeader('content-type', types[extname(name)] ?? 'text/plain').end(body)
    } catch {
      response.writeHead(404).end()
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Opens a page in a Chromium of its own; the caller ends it. */
export function openPage(chromium: string, url: string, folder: string): Program {
  mkdirSync(folder, { recursive: true })
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--user-data-dir=${join(folder, 'profile')}`,
    // It ends by itself only after a dump; a port keeps it open.
    '--remote-debugging-port=0',
  ]
  return launch(chromium, [...flags, url], { output: join(folder, 'chromium.log') })
}
