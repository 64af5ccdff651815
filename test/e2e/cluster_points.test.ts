import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { freePort, waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-cluster-points-'))
let weir: RunningWeir | undefined
afterAll(async () => {
  await weir?.kill()
  rmSync(folder, { recursive: true, force: true })
})

it('keeps points here and answers them, also while the cluster is away, after a kill, and without it', async () => {
  const [carbon, nobody] = [await freePort(), await freePort()]
  const config = {
    http: { listen: '127.0.0.1:0' },
    store: { engine: 'elasticsearch', hosts: [`http://127.0.0.1:${nobody}`] },
    statsd: {
      listen: [],
      console: { listen: [] },
      host: { enabled: false },
      graphite: { listen: `tcp://127.0.0.1:${carbon}` },
    },
  }
  const nowS = Math.floor(Date.now() / 60_000) * 60
  const send = async (value: number, atS: number) => {
    const socket = connect(carbon, '127.0.0.1')
    socket.end(`shop.orders ${value} ${atS}\n`)
    await once(socket, 'close')
  }
  const values = async () => {
    const path = '/graphite/render?target=shop.orders&from=-1h&format=json&noNullPoints=true'
    const response = await fetch(`${weir!.url}${path}`)
    if (response.status !== 200) return await response.text()
    const [found] = (await response.json()) as { datapoints: [number, number][] }[]
    return found?.datapoints.map(([value]) => value) ?? []
  }
  weir = await RunningWeir.start(folder, config)
  await send(7, nowS - 120)
  await waitFor('the point', async () => JSON.stringify(await values()) === '[7]')
  await weir.kill()
  weir = await RunningWeir.start(folder, config)
  await send(8, nowS - 60)
  await waitFor('both points', async () => JSON.stringify(await values()) === '[7,8]')
  const status = (await (await fetch(`${weir.url}/api/status`)).json()) as {
    store: { engine: string; points: { paused: string | null } }
  }
  expect(status.store.engine).toBe('elasticsearch')
  expect(status.store.points.paused).toBeNull()
  const readers = () => readdirSync(join(folder, 'data', 'readers'))
  await weir.kill()
  expect(readers()).toContain('store.points.json')

  // Embedded again: what was taken in stays, what waits is taken in, and nothing is held for a cluster's points.
  weir = await RunningWeir.start(folder, { ...config, store: { engine: 'embedded' } })
  await waitFor('both points again', async () => JSON.stringify(await values()) === '[7,8]')
  expect(readers()).not.toContain('store.points.json')
})
