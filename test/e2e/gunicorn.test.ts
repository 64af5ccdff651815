import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freePort, launch, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'

/** A real gunicorn sends its own metrics; the rules are those of docs/PROMETHEUS.md. */
const gunicorn = requirePeer('gunicorn')

const folder = mkdtempSync(join(tmpdir(), 'weir-gunicorn-'))
const stops: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop()
  rmSync(folder, { recursive: true, force: true })
})

const app = `
def app(environ, start_response):
    start_response('200 OK' if environ['PATH_INFO'] == '/' else '404 Not Found', [])
    return [b'']
`
const mapping = `
mappings:
  - { match: "*.gunicorn.request.status.*", name: gunicorn_responses, labels: { app: $1, status: $2 } }
  - { match: "*.gunicorn.request.duration", name: gunicorn_request_seconds, labels: { app: $1 } }
`

test.runIf(gunicorn)("gunicorn's requests are counted", async () => {
  const [udp, port] = [await freePort(), await freePort()]
  const mappingFile = join(folder, 'mapping.yml')
  writeFileSync(mappingFile, mapping)
  writeFileSync(join(folder, 'app.py'), app)
  const weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    collector: { enabled: false },
    statsd: {
      listen: `udp://127.0.0.1:${udp}`,
      console: { listen: [] },
      flush_interval: '1s',
      host: { enabled: false },
      prometheus: { mapping_file: mappingFile },
    },
  })
  stops.push(() => weir.kill())
  const flags = [`--statsd-host=127.0.0.1:${udp}`, '--statsd-prefix=shop', `--chdir=${folder}`]
  const program = launch(
    join(gunicorn!.path, 'bin', 'gunicorn'),
    ['-b', `127.0.0.1:${port}`, ...flags, 'app:app'],
    { output: join(folder, 'gunicorn.log') },
  )
  stops.push(() => program.end('SIGKILL'))
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
  await waitFor('gunicorn', () =>
    ask('/first').then(
      () => true,
      () => false,
    ),
  )
  for (const path of ['/', '/', '/', '/gone']) await ask(path)
  const lines = async () => (await (await fetch(`${weir.url}/metrics`)).text()).split('\n')
  await waitFor('the flush', async () => (await lines()).includes('shop_gunicorn_requests 5'))
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'gunicorn_responses{app="shop",status="200"} 3',
      'gunicorn_responses{app="shop",status="404"} 2',
      'gunicorn_request_seconds_count{app="shop"} 5',
      'shop_gunicorn_workers 1',
    ]),
  )
})
