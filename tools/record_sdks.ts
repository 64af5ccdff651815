/**
 * Records what each SDK among the peers sends, as test/errors/sdk_payloads/<sdk>.json: the request of its first
 * event, byte by byte. Those of them that are on this machine, or those named as arguments.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { buffer } from 'node:stream/consumers'
import { once } from 'node:events'
import { runSdk, sdkPrograms } from '../test/e2e/sentry_sdks/sdks.ts'
import { requirePeer } from '../test/peers/require.ts'

interface Request {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const root = join(import.meta.dirname, '..')
const target = join(root, 'test/errors/sdk_payloads')
const key = '0123456789abcdef0123456789abcdef'
const requests: Request[] = []
const server = createServer((request, response) => {
  void buffer(request).then((body) => {
    const { method = '', url = '', headers } = request
    requests.push({ method, url, headers, body })
    response.setHeader('access-control-allow-origin', '*').end('{"id":"0"}')
  })
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const port = typeof address === 'object' ? address?.port : undefined

const folder = mkdtempSync(join(tmpdir(), 'shop-'))
cpSync(join(root, 'test/e2e/sentry_sdks/programs'), folder, { recursive: true })
const asked = process.argv.slice(2)
for (const sdk of sdkPrograms.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const peer = requirePeer(sdk.peer)
  if (!peer) continue
  requests.length = 0
  const user = sdk.needsSecret ? `${key}:${key}` : key
  await runSdk(sdk, peer, folder, `http://${user}@127.0.0.1:${port}/42`)
  // Sessions and reports of what was dropped come beside, and are short.
  const first = requests.find(({ body }) => body.length > 700)
  if (!first) throw new Error(`${sdk.name} sent no event`)
  const { host: _host, ...headers } = first.headers
  const payload = { ...first, headers, body: first.body.toString('base64') }
  writeFileSync(join(target, `${sdk.name}.json`), `${JSON.stringify(payload, undefined, 2)}\n`)
  console.log(`${sdk.name}: ${requests.length} requests, ${first.body.length} bytes`)
}
rmSync(folder, { recursive: true })
server.close()
